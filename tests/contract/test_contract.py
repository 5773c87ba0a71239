"""The code and `data/endpoints.toml` say the same, in both directions."""

from __future__ import annotations

import inspect as python
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from types import NoneType
from typing import Final, cast, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec
import pytest
from msgspec import UNSET, inspect
from support.contract import OPERATIONS, SAMPLES, UNUSED, Range, RetrySafety, Spec, attribute, parameter, snake
from support.memory import MemoryTransport, answering, open_session, response

from zoomasync import Label, Zoom
from zoomasync._core.pagination import Page, Paginator
from zoomasync._core.responses import interpret
from zoomasync._core.session import Session
from zoomasync.auth import StaticToken
from zoomasync.errors import StatusError
from zoomasync.models.pages import SinglePage
from zoomasync.resources._resource import Resource

EACH: Final = [pytest.param(retry_safety, id=name) for name, retry_safety in OPERATIONS.items()]
WITH_BODY: Final = [each for each, retry_safety in zip(EACH, OPERATIONS.values(), strict=True) if retry_safety.body]
ENDPOINTS: Final = Zoom.endpoints()
LIMIT_NAMES: Final = {
    "text": ("min_length", "max_length"),
    "list": ("min_items", "max_items"),
    "integer": ("ge", "le"),
}
KINDS: Final[tuple[tuple[inspect.Type, str], ...]] = (
    (inspect.StrType(), "text"),
    (inspect.IntType(), "integer"),
    (inspect.FloatType(), "number"),
    (inspect.BoolType(), "flag"),
    (inspect.DateType(), "day"),
    (inspect.DateTimeType(tz=True), "time"),
    (inspect.DateTimeType(), "localtime"),
)


OWN_METHODS: Final = {
    "meetings.end",
    "meetings.registrants.approve",
    "meetings.registrants.cancel",
    "meetings.registrants.deny",
}
"""Public methods that send the call of another method."""
OWN_VALUES: Final[dict[str, tuple[str, ...]]] = {"meetings.registrants.list.status": ("all",)}
"""Values of parameters that the client accepts and does not send."""


def _owner(name: str) -> object:
    """Return the namespace that has the method *name*, of a client that is never opened."""
    owner: object = Zoom(StaticToken("static-token"))
    for part in name.split(".")[:-1]:
        owner = getattr(owner, part)
    return owner


def _method(name: str) -> Callable[..., object]:
    return cast("Callable[..., object]", getattr(type(_owner(name)), name.rpartition(".")[2]))


def _namespaces(owner: object, path: str = "") -> Iterator[tuple[str, type]]:
    for name, value in vars(owner).items():
        if isinstance(value, Resource):
            yield f"{path}{name}", type(value)
            yield from _namespaces(value, f"{path}{name}.")


# --- What there is ---------------------------------------------------------------------------------------------------


def test_the_code_has_the_operations_of_the_file_and_no_others() -> None:
    assert set(ENDPOINTS) == set(OPERATIONS)
    assert len(OPERATIONS) == 50


def test_every_public_method_of_a_namespace_is_an_operation() -> None:
    methods = {
        f"{path}.{name}"
        for path, namespace in _namespaces(Zoom(StaticToken("static-token")))
        for name, value in vars(namespace).items()
        if python.isfunction(value) and not name.startswith("_")
    }

    assert methods - OWN_METHODS == set(OPERATIONS)
    assert methods >= OWN_METHODS


@pytest.mark.parametrize("retry_safety", EACH)
def test_a_method_and_the_constant_of_its_name_stand_on_one_class(retry_safety: RetrySafety) -> None:
    name = retry_safety.name.rpartition(".")[2]
    namespace = vars(type(_owner(retry_safety.name)))

    assert namespace[name.upper()] is ENDPOINTS[retry_safety.name]
    assert python.isfunction(namespace[name])


@pytest.mark.parametrize("retry_safety", EACH)
def test_an_endpoint_says_what_the_reference_says(retry_safety: RetrySafety) -> None:
    endpoint = ENDPOINTS[retry_safety.name]

    assert endpoint.route == retry_safety.route
    assert endpoint.label == Label(retry_safety.label)
    assert endpoint.scopes == retry_safety.scopes
    assert endpoint.granular_scopes == retry_safety.granular_scopes
    assert endpoint.page_size == retry_safety.page_size


# --- The method ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retry_safety", EACH)
def test_a_method_takes_the_documented_parameters_and_no_others(retry_safety: RetrySafety) -> None:
    function = _method(retry_safety.name)
    hints = get_type_hints(function)
    given = list(python.signature(function).parameters.values())[1:]  # without self
    needed = [name for name, spec in retry_safety.query.items() if spec.required]
    order = [snake(name) for name in retry_safety.path] + [parameter(name) for name in needed]
    body = [each for each in given if _struct(hints[each.name]) is not None]
    ahead = [each for each in given if each.kind is each.POSITIONAL_OR_KEYWORD and each not in body]
    by_keyword = [each for each in given if each.kind is each.KEYWORD_ONLY]

    assert [each.name for each in ahead] == order
    assert all(each.default is each.empty for each in ahead)
    assert {each.name for each in by_keyword} == {parameter(name) for name in retry_safety.query if name not in needed}
    assert all(each.default is None for each in by_keyword)
    assert len(body) == (retry_safety.body is not None)
    assert given == [*ahead[: len(retry_safety.path)], *body, *ahead[len(retry_safety.path) :], *by_keyword]


@pytest.mark.parametrize("retry_safety", EACH)
def test_a_parameter_has_the_documented_type_and_values(retry_safety: RetrySafety) -> None:
    hints = get_type_hints(_method(retry_safety.name))
    wrong = [
        complaint
        for spell, specs in ((snake, retry_safety.path), (parameter, retry_safety.query))
        for name, spec in specs.items()
        for documented in [replace(spec, values=spec.values + OWN_VALUES.get(f"{retry_safety.name}.{name}", ()))]
        for complaint in _mismatches(inspect.type_info(hints[spell(name)]), documented, name, Sent(nullable=True))
    ]

    assert wrong == []


@pytest.mark.parametrize("retry_safety", EACH)
def test_a_paged_method_returns_a_paginator_and_any_other_is_a_coroutine(retry_safety: RetrySafety) -> None:
    function = _method(retry_safety.name)
    returned = get_type_hints(function)["return"]
    response = ENDPOINTS[retry_safety.name].response

    if _rows(retry_safety) is None:
        assert python.iscoroutinefunction(function)
        assert returned is response
    else:
        rows = {each.name: each.type for each in msgspec.structs.fields(cast("type[msgspec.Struct]", response))}
        assert not python.iscoroutinefunction(function)
        assert get_origin(returned) is Paginator
        assert get_args(returned) == (response, get_args(rows["items"])[0])


@pytest.mark.parametrize("given", ["everything", "what is needed"])
@pytest.mark.parametrize("retry_safety", EACH)
async def test_a_method_sends_its_own_call_with_every_value_in_its_place(retry_safety: RetrySafety, given: str) -> None:
    query = {name: spec for name, spec in retry_safety.query.items() if spec.required or given == "everything"}
    path = {name: _value(name, spec) for name, spec in retry_safety.path.items()}
    body = None if retry_safety.body is None else _least(retry_safety.body)
    arguments = {snake(name): value for name, value in path.items()}
    arguments |= {parameter(name): _value(name, spec) for name, spec in query.items()}
    transport = MemoryTransport(answering(response(retry_safety.status, _sample(retry_safety.name))))
    session = open_session(transport)
    function = _method(retry_safety.name)
    hints = get_type_hints(function)
    for name in python.signature(function).parameters:
        if name in hints and (struct := _struct(hints[name])):
            arguments[name] = msgspec.convert(body, struct)

    # A namespace is a class that takes the session.
    owner = cast("Callable[[Session], object]", type(_owner(retry_safety.name)))(session)
    result: object = getattr(owner, retry_safety.name.rpartition(".")[2])(**arguments)
    if isinstance(result, Paginator):
        answer: object = await anext(cast("Paginator[Page[object], object]", result).pages())
    else:
        answer = await cast("Awaitable[object]", result)

    [request] = transport.requests
    url = urlsplit(request.url)
    expected = {name: _query_text(_value(name, spec)) for name, spec in query.items()}
    if retry_safety.page_size:
        expected["page_size"] = str(retry_safety.page_size)
    template = retry_safety.route.partition(" ")[2]
    assert request.method == retry_safety.verb
    assert url.path == "/v2" + template.format(**{name: quote(str(value), safe="") for name, value in path.items()})
    assert "{" not in unquote(url.path)
    assert dict(parse_qsl(url.query, strict_parsing=bool(url.query))) == expected
    assert (None if request.body is None else msgspec.json.decode(request.body)) == body
    assert type(answer) is ENDPOINTS[retry_safety.name].response


# --- The structs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retry_safety", EACH)
def test_a_reply_has_the_documented_fields_and_no_others(retry_safety: RetrySafety) -> None:
    response = ENDPOINTS[retry_safety.name].response
    if retry_safety.response is None:
        assert response is NoneType
        assert retry_safety.status == 204
        return

    reading = Received(items=_rows(retry_safety))
    assert list(_mismatches(inspect.type_info(response), retry_safety.response, "$", reading)) == []


@pytest.mark.parametrize("retry_safety", WITH_BODY)
def test_a_body_has_the_documented_fields_limits_and_values(retry_safety: RetrySafety) -> None:
    hints = get_type_hints(_method(retry_safety.name))
    [struct] = [found for name, hint in hints.items() if name != "return" and (found := _struct(hint))]
    assert retry_safety.body is not None

    sending = Sent(patch=retry_safety.verb == "PATCH")
    assert list(_mismatches(inspect.type_info(struct), retry_safety.body, "$", sending)) == []


# --- The refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retry_safety", "status", "code"),
    [
        pytest.param(retry_safety, status, code, id=f"{retry_safety.name} {status} {code}")
        for retry_safety in OPERATIONS.values()
        for status, code in retry_safety.errors
        if code is not None
    ],
)
def test_a_documented_refusal_is_raised_with_its_status_and_code(
    retry_safety: RetrySafety, status: int, code: int
) -> None:
    endpoint = ENDPOINTS[retry_safety.name]
    call = endpoint.at(*(_number_or_text(spec) for spec in retry_safety.path.values()))

    with pytest.raises(StatusError) as caught:
        interpret(call, response(status, {"code": code, "message": "No."}))

    assert (caught.value.status, caught.value.code) == (status, code)


# --- The file --------------------------------------------------------------------------------------------------------


def test_every_shape_and_rule_of_the_file_is_used() -> None:
    assert not UNUSED


def test_every_operation_of_the_file_has_a_sample_of_its_reply() -> None:
    answering_with_content = {name for name, retry_safety in OPERATIONS.items() if retry_safety.response}

    assert {sample.name for sample in SAMPLES} == answering_with_content


@pytest.mark.parametrize("retry_safety", EACH)
def test_the_file_does_not_contradict_itself(retry_safety: RetrySafety) -> None:
    placeholders = "/".join(f"{{{name}}}" for name in retry_safety.path)
    rows = retry_safety.response.fields[retry_safety.items] if retry_safety.response and retry_safety.items else None
    defaults = [(spec.default, spec.values) for spec in retry_safety.query.values() if spec.default and spec.values]

    assert "/".join(part for part in retry_safety.route.split("/") if part.startswith("{")) == placeholders
    assert rows is None or (rows.kind == "list" and rows.required)
    assert all(default in {str(value) for value in values} for default, values in defaults)


# --- How a type compares with the file -------------------------------------------------------------------------------


def _rows(retry_safety: RetrySafety) -> str | None:
    """Return the name of the rows of a listing, which may be a single page."""
    response = ENDPOINTS[retry_safety.name].response
    if issubclass(response, SinglePage) and retry_safety.response is not None:
        return next(name for name, spec in retry_safety.response.fields.items() if spec.required)
    return retry_safety.items


@dataclass(frozen=True)
class Received:
    """How a reply's types compare: limits are not its business, *items* is the list that a page is about."""

    items: str | None = None

    @property
    def inner(self) -> Received:
        return Received()


@dataclass(frozen=True)
class Sent:
    """How a body's types compare. *patch* tells the two ways of leaving a field out apart."""

    patch: bool = False
    nullable: bool = False

    @property
    def inner(self) -> Sent:
        return Sent()


@dataclass
class Found:
    """A type without what is wrapped around it."""

    cores: list[inspect.Type]
    values: set[object]
    limits: dict[str, int]
    nullable: bool = False

    @property
    def kind(self) -> str:
        if {type(core) for core in self.cores} == {inspect.IntType, inspect.StrType}:
            return "ref"
        [core] = self.cores
        if isinstance(core, inspect.StructType):
            return "object"
        if isinstance(core, inspect.VarTupleType | inspect.ListType):
            return "list"
        return next((kind for type_, kind in KINDS if type_ == core), repr(core))


def _unwrapped(type_: inspect.Type) -> Found:
    found = Found([], set(), {})
    pending = [type_]
    while pending:
        each = pending.pop()
        if isinstance(each, inspect.UnionType):
            pending += each.types
        elif isinstance(each, inspect.Metadata):
            found.limits |= each.extra or {}  # pyright: ignore[reportUnknownMemberType]  msgspec says dict, no more
            pending.append(each.type)
        elif isinstance(each, inspect.LiteralType):
            found.values |= set(each.values)
        elif isinstance(each, inspect.NoneType):
            found.nullable = True
        else:
            found.cores.append(each)
    return found


def _mismatches(type_: inspect.Type, spec: Spec, path: str, way: Received | Sent) -> Iterator[str]:
    """Say where a type and what the file says differ."""
    found = _unwrapped(type_)
    if found.kind != spec.kind:
        yield f"{path}: {found.kind} in the code, {spec.kind} in the file"
        return
    # A number that stands for something may be a plain number in a reply; its docstring explains it.
    explained = isinstance(way, Received) and spec.kind == "integer" and not found.values
    if found.values != set(spec.values) and not explained:
        yield f"{path}: values {found.values} in the code, {spec.values} in the file"
    if isinstance(way, Sent) and found.limits != _limits(spec.kind, spec.range):
        yield f"{path}: limits {found.limits} in the code, {_limits(spec.kind, spec.range)} in the file"
    core = found.cores[0]
    if isinstance(core, inspect.VarTupleType | inspect.ListType) and spec.item is not None:
        yield from _mismatches(core.item_type, spec.item, f"{path}[]", way.inner)
    if isinstance(core, inspect.StructType):
        yield from _field_mismatches(core, spec, path, way)


def _limits(kind: str, allowed: Range) -> dict[str, int]:
    names = LIMIT_NAMES.get(kind, ("", ""))
    found = zip(names, (allowed.least, allowed.most), strict=True)
    return {name: limit for name, limit in found if limit is not None}


def _field_mismatches(struct: inspect.StructType, spec: Spec, path: str, way: Received | Sent) -> Iterator[str]:
    details = {field.encode_name: field for field in msgspec.structs.fields(struct.cls)}
    for name in details.keys() - spec.fields.keys():
        yield f"{path}.{name}: not in the file"
    for name in spec.fields.keys() - details.keys():
        yield f"{path}.{name}: not in the code"
    for field in struct.fields:
        name = field.encode_name
        if name not in spec.fields:
            continue
        each, where = spec.fields[name], f"{path}.{name}"
        rows = isinstance(way, Received) and name == way.items
        if field.name != ("items" if rows else attribute(name)):
            yield f"{where}: called {field.name} in the code"
        if field.required != each.required:
            yield f"{where}: required is {field.required} in the code, {each.required} in the file"
        if not field.required and (details[name].default not in _defaults(way)):
            yield f"{where}: {details[name].default!r} by default"
        if isinstance(way, Sent) and not field.required and not _unwrapped(field.type).nullable:
            yield f"{where}: cannot be None"
        yield from _mismatches(field.type, each, where, way.inner)
    if isinstance(way, Sent) and not way.patch and not struct.cls.__struct_config__.omit_defaults:
        yield f"{path}: sends what was not given"


def _defaults(way: Received | Sent) -> tuple[object, ...]:
    if isinstance(way, Received):
        return (None, (), "")
    return (UNSET,) if way.patch else (None,)


# --- Values to call with ---------------------------------------------------------------------------------------------


def _struct(hint: object) -> type[msgspec.Struct] | None:
    return hint if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else None


def _value(name: str, spec: Spec) -> object:
    if spec.values:
        return spec.values[0]
    if spec.kind == "day":
        return date(2026, 3, 20 if name == "to" else 1)
    samples = {
        "text": f"a-{name}",
        "integer": len(name),
        "flag": True,
        "ref": "m8Re/3nWTyrh2qUa+S1vZx==",
        "list": ["a", "b"],
    }
    return "m8Re/3nWTyrh2qUa" if name == "meetingId" and spec.kind == "text" else samples[spec.kind]


def _number_or_text(spec: Spec) -> int | str:
    return "abc" if spec.kind == "text" else 85234561098


def _query_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(cast("list[str]", value)) if isinstance(value, list) else str(value)


def _least(spec: Spec) -> dict[str, object]:
    """Return the least that may be sent, as JSON."""
    return {name: _value(name, each) for name, each in spec.fields.items() if each.required}


def _sample(name: str) -> bytes:
    return next((sample.body for sample in SAMPLES if sample.name == name), b"")
