"""The client's endpoints, methods and structs compared with the reference, in both directions."""

from __future__ import annotations

import inspect as python
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from types import NoneType
from typing import Final, cast, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec
import pytest
from msgspec import UNSET, inspect
from support.contract import (
    ALL_OPERATIONS,
    OPERATIONS,
    SAMPLES,
    UNUSED,
    Operation,
    Range,
    Spec,
    attribute,
    parameter,
    snake,
)
from support.memory import MemoryTransport, answering, open_session, response

from zoomasync import Label, Zoom
from zoomasync._core.pagination import Page, Paginator
from zoomasync._core.responses import interpret
from zoomasync._core.session import Session
from zoomasync.auth import StaticToken
from zoomasync.errors import StatusError
from zoomasync.models.pages import SinglePage
from zoomasync.resources._resource import Resource

EACH_OPERATION: Final = [pytest.param(operation, id=name) for name, operation in OPERATIONS.items()]
WITH_BODY: Final = [each for each, operation in zip(EACH_OPERATION, OPERATIONS.values(), strict=True) if operation.body]
ENDPOINTS: Final = Zoom.endpoints()
LIMIT_NAMES: Final = {
    "text": ("min_length", "max_length"),
    "list": ("min_items", "max_items"),
    "integer": ("ge", "le"),
}
KINDS: Final[tuple[tuple[inspect.Type, str], ...]] = (
    (inspect.StrType(), "text"),
    (inspect.StrType(min_length=1), "text"),  # an Id
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
    "recordings.download",
    "recordings.stream",
    "webinars.registrants.approve",
    "webinars.registrants.cancel",
    "webinars.registrants.deny",
    "webinars.end",
}
"""Public methods that send the call of another method, or read a file."""
OWN_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "meetings.registrants.list.status": ("all",),
    "webinars.registrants.list.status": ("all",),
}
"""Values of parameters that the client accepts and does not send."""


def _owner(name: str) -> object:
    """Return the namespace of the method *name*, on a client that is never opened."""
    owner: object = Zoom(StaticToken("static-token"))
    for part in name.split(".")[:-1]:
        owner = getattr(owner, part)
    return owner


def _method(name: str) -> Callable[..., object]:
    return cast("Callable[..., object]", getattr(type(_owner(name)), name.rpartition(".")[2]))


def _shared_base(operation: Operation) -> type | None:
    """Return the base class that the namespaces of a meeting and of a webinar share, if the operation has one."""
    bases = type(_owner(operation.name)).__mro__[1:]
    return next((base for base in bases if base.__module__.startswith("zoomasync.resources._shared.")), None)


def _path_parameter(operation: Operation, name: str) -> str:
    """Return the parameter for the path value *name*: what is shared calls the number of a webinar *meeting_id* too."""
    return "meeting_id" if name == "webinarId" and _shared_base(operation) else snake(name)


def _namespaces(owner: object, path: str = "") -> Iterator[tuple[str, type]]:
    for name, value in python.getmembers(owner):
        if isinstance(value, Resource):
            yield f"{path}{name}", type(value)
            yield from _namespaces(value, f"{path}{name}.")


# --- Operations ------------------------------------------------------------------------------------------------------


def test_operations_match_reference() -> None:
    """The client has the operations of the reference and no others."""
    assert set(ENDPOINTS) == set(OPERATIONS)
    assert (len(OPERATIONS), len(ALL_OPERATIONS)) == (125, 185)


def test_public_methods_are_operations() -> None:
    methods = {
        f"{path}.{name}"
        for path, namespace in _namespaces(Zoom(StaticToken("static-token")))
        for name, _ in python.getmembers(namespace, python.isfunction)
        if not name.startswith("_")
    }

    assert methods - OWN_METHODS == set(OPERATIONS)
    assert methods >= OWN_METHODS


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_method_has_endpoint_constant(operation: Operation) -> None:
    """A method and its endpoint constant are members of the same class, or the shared base class has the method."""
    name = operation.name.rpartition(".")[2]
    namespace = vars(type(_owner(operation.name)))
    base = _shared_base(operation)

    assert namespace[name.upper()] is ENDPOINTS[operation.name]
    assert python.isfunction(namespace.get(name, vars(base or Resource).get(name)))


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_endpoint_matches_reference(operation: Operation) -> None:
    endpoint = ENDPOINTS[operation.name]

    assert endpoint.route == operation.route
    assert endpoint.label == Label(operation.label)
    assert endpoint.scopes == operation.scopes
    assert endpoint.granular_scopes == operation.granular_scopes
    assert endpoint.page_size == operation.page_size


# --- Methods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_method_parameters(operation: Operation) -> None:
    """A method takes the path values, the body and the required parameters, and the others by keyword."""
    function = _method(operation.name)
    hints = get_type_hints(function)
    parameters = list(python.signature(function).parameters.values())[1:]  # without self
    required = [name for name, spec in operation.query.items() if spec.required]
    order = [_path_parameter(operation, name) for name in operation.path] + [parameter(name) for name in required]
    body = [each for each in parameters if _struct(hints[each.name]) is not None]
    positional = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD and each not in body]
    keyword_only = [each for each in parameters if each.kind is each.KEYWORD_ONLY]

    assert [each.name for each in positional] == order
    assert all(each.default is each.empty for each in positional)
    assert {each.name for each in keyword_only} == {parameter(name) for name in operation.query if name not in required}
    assert all(each.default is None for each in keyword_only)
    assert len(body) == (operation.body is not None)
    assert parameters == [*positional[: len(operation.path)], *body, *positional[len(operation.path) :], *keyword_only]


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_parameter_types_and_values(operation: Operation) -> None:
    hints = get_type_hints(_method(operation.name), include_extras=True)
    mismatches = [
        mismatch
        for python_name, specs in ((partial(_path_parameter, operation), operation.path), (parameter, operation.query))
        for name, spec in specs.items()
        for values in [spec.values + OWN_VALUES.get(f"{operation.name}.{name}", ())]
        for documented in [replace(spec, values=values, range=Range())]  # the method itself checks a range
        for mismatch in _mismatches(inspect.type_info(hints[python_name(name)]), documented, name, Sent(nullable=True))
    ]

    assert mismatches == []


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_method_returns_paginator_or_response(operation: Operation) -> None:
    function = _method(operation.name)
    returned = get_type_hints(function)["return"]
    response = ENDPOINTS[operation.name].response

    if _rows(operation) is None:
        assert python.iscoroutinefunction(function)
        assert returned is response
    else:
        rows = {each.name: each.type for each in msgspec.structs.fields(cast("type[msgspec.Struct]", response))}
        assert not python.iscoroutinefunction(function)
        assert get_origin(returned) is Paginator
        assert get_args(returned) == (response, get_args(rows["items"])[0])


@pytest.mark.parametrize("arguments_given", ["all", "required"])
@pytest.mark.parametrize("operation", EACH_OPERATION)
async def test_method_sends_request(operation: Operation, arguments_given: str) -> None:
    """The request has every argument where the reference puts it."""
    query = {name: spec for name, spec in operation.query.items() if spec.required or arguments_given == "all"}
    path = {name: _value(name, spec) for name, spec in operation.path.items()}
    body = None if operation.body is None else _required_fields(operation.body)
    arguments = {_path_parameter(operation, name): value for name, value in path.items()}
    arguments |= {parameter(name): _value(name, spec) for name, spec in query.items()}
    transport = MemoryTransport(answering(response(operation.status, _sample(operation.name))))
    session = open_session(transport)
    function = _method(operation.name)
    hints = get_type_hints(function)
    for name in python.signature(function).parameters:
        if name in hints and (struct := _struct(hints[name])):
            arguments[name] = msgspec.convert(body, struct)

    # A namespace is a class that takes the session.
    owner = cast("Callable[[Session], object]", type(_owner(operation.name)))(session)
    result: object = getattr(owner, operation.name.rpartition(".")[2])(**arguments)
    if isinstance(result, Paginator):
        decoded: object = await anext(cast("Paginator[Page[object], object]", result).pages())
    else:
        decoded = await cast("Awaitable[object]", result)

    [request] = transport.requests
    url = urlsplit(request.url)
    expected = {name: _query_text(_value(name, spec)) for name, spec in query.items()}
    if operation.page_size:
        expected["page_size"] = str(operation.page_size)
    template = operation.route.partition(" ")[2]
    assert request.method == operation.verb
    assert url.path == "/v2" + template.format(**{name: quote(str(value), safe="") for name, value in path.items()})
    assert "{" not in unquote(url.path)
    assert dict(parse_qsl(url.query, strict_parsing=bool(url.query))) == expected
    assert (None if request.body is None else msgspec.json.decode(request.body)) == body
    assert type(decoded) is ENDPOINTS[operation.name].response


# --- Structs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_response_fields(operation: Operation) -> None:
    """A response struct has the documented fields and no others."""
    response = ENDPOINTS[operation.name].response
    if operation.response is None:
        assert response is NoneType
        assert operation.status in {200, 204}
        return

    direction = Received(items=_rows(operation))
    assert list(_mismatches(inspect.type_info(response), operation.response, "$", direction)) == []


@pytest.mark.parametrize("operation", WITH_BODY)
def test_body_fields_limits_and_values(operation: Operation) -> None:
    hints = get_type_hints(_method(operation.name))
    [struct] = [struct for name, hint in hints.items() if name != "return" and (struct := _struct(hint))]
    assert operation.body is not None

    direction = Sent(patch=operation.verb == "PATCH")
    assert list(_mismatches(inspect.type_info(struct), operation.body, "$", direction)) == []


# --- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        pytest.param(operation, status, code, id=f"{operation.name} {status} {code}")
        for operation in OPERATIONS.values()
        for status, code in operation.errors
        if code is not None
    ],
)
def test_documented_error_is_raised(operation: Operation, status: int, code: int) -> None:
    endpoint = ENDPOINTS[operation.name]
    call = endpoint.at(*(_number_or_text(spec) for spec in operation.path.values()))

    with pytest.raises(StatusError) as caught:
        interpret(call, response(status, {"code": code, "message": "No."}))

    assert (caught.value.status, caught.value.code) == (status, code)


# --- The reference file ----------------------------------------------------------------------------------------------


def test_file_has_no_unused_shape_or_rule() -> None:
    assert not UNUSED


def test_each_response_has_a_sample() -> None:
    with_response = {name for name, operation in OPERATIONS.items() if operation.response}

    assert {sample.name for sample in SAMPLES} == with_response


@pytest.mark.parametrize("operation", EACH_OPERATION)
def test_file_is_consistent(operation: Operation) -> None:
    placeholders = "/".join(f"{{{name}}}" for name in operation.path)
    rows = operation.response.fields[operation.items] if operation.response and operation.items else None
    defaults = [(spec.default, spec.values) for spec in operation.query.values() if spec.default and spec.values]

    assert "/".join(part for part in operation.route.split("/") if part.startswith("{")) == placeholders
    assert rows is None or (rows.kind == "list" and rows.required)
    assert all(default in {str(value) for value in values} for default, values in defaults)


# --- Comparison of a type with the reference -------------------------------------------------------------------------


def _rows(operation: Operation) -> str | None:
    """Return the name of the rows of a listing, which may be a single page."""
    response = ENDPOINTS[operation.name].response
    if issubclass(response, SinglePage) and operation.response is not None:
        return next(name for name, spec in operation.response.fields.items() if spec.required)
    return operation.items


@dataclass(frozen=True)
class Received:
    """Types of a response: limits are not compared, and *items* is the list of rows of a page."""

    items: str | None = None

    @property
    def inner(self) -> Received:
        return Received()


@dataclass(frozen=True)
class Sent:
    """Types of a request: with *patch*, an absent field and null differ."""

    patch: bool = False
    nullable: bool = False

    @property
    def inner(self) -> Sent:
        return Sent()


@dataclass
class Unwrapped:
    """A type's alternatives, without None, literals and limits."""

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


def _unwrapped(type_: inspect.Type) -> Unwrapped:
    unwrapped = Unwrapped([], set(), {})
    pending = [type_]
    while pending:
        each = pending.pop()
        if isinstance(each, inspect.UnionType):
            pending += each.types
        elif isinstance(each, inspect.Metadata):
            unwrapped.limits |= each.extra or {}  # pyright: ignore[reportUnknownMemberType]  msgspec declares a bare dict
            pending.append(each.type)
        elif isinstance(each, inspect.LiteralType):
            unwrapped.values |= set(each.values)
        elif isinstance(each, inspect.NoneType):
            unwrapped.nullable = True
        else:
            unwrapped.cores.append(each)
    return unwrapped


def _mismatches(type_: inspect.Type, spec: Spec, path: str, direction: Received | Sent) -> Iterator[str]:
    """Yield the differences between a type and the reference."""
    unwrapped = _unwrapped(type_)
    if unwrapped.kind != spec.kind:
        yield f"{path}: {unwrapped.kind} in the code, {spec.kind} in the reference"
        return
    # An enumeration of numbers may be a plain number in a response; its docstring explains the values.
    explained = isinstance(direction, Received) and spec.kind == "integer" and not unwrapped.values
    if unwrapped.values != set(spec.values) and not explained:
        yield f"{path}: values {unwrapped.values} in the code, {spec.values} in the reference"
    if isinstance(direction, Sent) and unwrapped.limits != _limits(spec.kind, spec.range):
        yield f"{path}: limits {unwrapped.limits} in the code, {_limits(spec.kind, spec.range)} in the reference"
    core = unwrapped.cores[0]
    if isinstance(core, inspect.VarTupleType | inspect.ListType) and spec.item is not None:
        yield from _mismatches(core.item_type, spec.item, f"{path}[]", direction.inner)
    if isinstance(core, inspect.StructType):
        yield from _field_mismatches(core, spec, path, direction)


def _limits(kind: str, allowed: Range) -> dict[str, int]:
    names = LIMIT_NAMES.get(kind, ("", ""))
    limits = zip(names, (allowed.least, allowed.most), strict=True)
    return {name: limit for name, limit in limits if limit is not None}


def _field_mismatches(struct: inspect.StructType, spec: Spec, path: str, direction: Received | Sent) -> Iterator[str]:
    details = {field.encode_name: field for field in msgspec.structs.fields(struct.cls)}
    # A struct that operations share has the fields that any of them has.
    documented = spec.fields.keys() | spec.lacks
    for name in details.keys() - documented:
        yield f"{path}.{name}: not in the reference"
    for name in documented - details.keys():
        yield f"{path}.{name}: not in the code"
    for field in struct.fields:
        name = field.encode_name
        if name not in spec.fields:
            continue
        each, field_path = spec.fields[name], f"{path}.{name}"
        is_rows = isinstance(direction, Received) and name == direction.items
        if field.name != ("items" if is_rows else attribute(name)):
            yield f"{field_path}: called {field.name} in the code"
        if field.required != each.required:
            yield f"{field_path}: required is {field.required} in the code, {each.required} in the reference"
        if not field.required and (details[name].default not in _defaults(direction)):
            yield f"{field_path}: {details[name].default!r} by default"
        if isinstance(direction, Sent) and not field.required and not _unwrapped(field.type).nullable:
            yield f"{field_path}: cannot be None"
        yield from _mismatches(field.type, each, field_path, direction.inner)
    if isinstance(direction, Sent) and not direction.patch and not struct.cls.__struct_config__.omit_defaults:
        yield f"{path}: sends fields that were not given"


def _defaults(direction: Received | Sent) -> tuple[object, ...]:
    if isinstance(direction, Received):
        return (None, (), "")
    return (UNSET,) if direction.patch else (None,)


# --- Arguments -------------------------------------------------------------------------------------------------------


def _struct(hint: object) -> type[msgspec.Struct] | None:
    return hint if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else None


def _value(name: str, spec: Spec) -> object:
    if spec.values:
        return spec.values[0]
    if spec.kind == "day":
        return date(2026, 3, 20 if name == "to" else 1)
    if spec.kind == "time":
        return datetime(2026, 3, 20 if name == "to" else 1, 9, tzinfo=UTC)
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
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return ",".join(cast("list[str]", value)) if isinstance(value, list) else str(value)


def _required_fields(spec: Spec) -> dict[str, object]:
    """Return the required fields only, as JSON."""
    return {name: _value(name, each) for name, each in spec.fields.items() if each.required}


def _sample(name: str) -> bytes:
    return next((sample.body for sample in SAMPLES if sample.name == name), b"")
