"""Request bodies, generated from the reference: encoded within the documented limits, rejected outside them.

ZOOMASYNC_FUZZ_EXAMPLES sets the number of bodies per struct.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timezone
from typing import Annotated, Final, TypeAlias, cast, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.contract import OPERATIONS, Range, Rule, Spec, complaints

from zoomasync import Zoom
from zoomasync._core.request_body import encode
from zoomasync.auth import StaticToken
from zoomasync.errors import InvalidArgument
from zoomasync.models import MeetingUpdate, NewMeeting, NewPanelists, NewWebinar, WebinarUpdate
from zoomasync.models.field_types import limits
from zoomasync.models.meeting_settings import (
    ContinuousMeetingChatInEffect,
    MeetingInviteeInEffect,
    MeetingSettingsInEffect,
)
from zoomasync.models.webinars import Panelist, WebinarSettingsInEffect
from zoomasync.testing import FakeZoom

Body: TypeAlias = dict[str, object]
Step: TypeAlias = str | int

SLOW: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
EXAMPLES: Final = int(os.environ.get("ZOOMASYNC_FUZZ_EXAMPLES", "10"))
MANY: Final = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=SLOW,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
FEW: Final = settings(MANY, max_examples=max(3, EXAMPLES // 100))
NAMES: Final = [name for name, operation in OPERATIONS.items() if operation.body]
LONGEST: Final = 12
"""The longest generated list or text where the reference sets no limit."""


def _struct(name: str) -> type[msgspec.Struct]:
    """Return the struct that is the body argument of the method *name*."""
    method: object = Zoom(StaticToken("static-token"))
    for part in name.split("."):
        method = getattr(method, part)
    hints = get_type_hints(method)
    [struct] = [hint for parameter, hint in hints.items() if parameter != "return" and _is_struct(hint)]
    return cast("type[msgspec.Struct]", struct)


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def _spec(name: str, path: tuple[Step, ...] = ()) -> Spec:
    """Return the reference's specification of the body of the method *name*, or of the value at *path* in it."""
    spec = cast("Spec", OPERATIONS[name].body)
    for step in path:
        spec = cast("Spec", spec.item) if isinstance(step, int) else spec.fields[step]
    return spec


# --- valid bodies


@pytest.mark.parametrize("name", NAMES)
@MANY
@given(data=st.data())
def test_encode_valid_body(name: str, data: st.DataObject) -> None:
    content = data.draw(_bodies(_spec(name)))

    sent = msgspec.json.decode(encode(msgspec.convert(content, _struct(name))))

    assert sent == _as_sent(content, nulls=OPERATIONS[name].verb == "PATCH")
    assert list(complaints(sent, _spec(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_encode_omits_missing_fields(name: str) -> None:
    required = {field: spec for field, spec in _spec(name).fields.items() if spec.required}
    least = {field: spec.values[0] if spec.values else "x" for field, spec in required.items()}

    assert msgspec.json.decode(encode(msgspec.convert(least, _struct(name)))) == least


# --- invalid bodies


def _limited(spec: Spec, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Spec]]:
    """Yield the path and specification of every value with a limit."""
    if spec.range.limits:
        yield path, spec
    if spec.item is not None:
        yield from _limited(spec.item, (*path, 0))
    for name, each in spec.fields.items():
        yield from _limited(each, (*path, name))


def _ruled(spec: Spec, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], int, Rule]]:
    """Yield every rule between fields, with the path of its object and its number there."""
    yield from ((path, number, rule) for number, rule in enumerate(spec.rules))
    if spec.item is not None:
        yield from _ruled(spec.item, (*path, 0))
    for name, each in spec.fields.items():
        yield from _ruled(each, (*path, name))


@pytest.mark.parametrize(
    ("name", "path", "limit"),
    [
        pytest.param(name, path, limit, id=f"{name} {'.'.join(map(str, path))} {limit}")
        for name in NAMES
        for path, spec in _limited(_spec(name))
        for limit in spec.range.limits
    ],
)
@FEW
@given(data=st.data())
def test_encode_over_limit_raises(name: str, path: tuple[Step, ...], limit: int, data: st.DataObject) -> None:
    """A value one past its limit is rejected; the error names the field and the limit."""
    spec = _spec(name, path)
    content = data.draw(_bodies(_spec(name), path))
    _put(content, path, data.draw(_values(_past(spec, spec.range, limit))))

    message = _error_message(msgspec.convert(content, _struct(name)))

    assert next(step for step in reversed(path) if isinstance(step, str)) in message
    assert str(limit) in message


@pytest.mark.parametrize(
    ("name", "path", "number"),
    [
        pytest.param(name, path, number, id=f"{name} {'.'.join(map(str, path))} {rule.text}")
        for name in NAMES
        for path, number, rule in _ruled(_spec(name))
    ],
)
@FEW
@given(data=st.data())
def test_encode_broken_rule_raises(name: str, path: tuple[Step, ...], number: int, data: st.DataObject) -> None:
    """A body that breaks a rule between fields is rejected; the error names the fields."""
    spec = _spec(name, path)
    content = data.draw(_bodies(_spec(name), path))
    named = data.draw(_broken_rule(cast("Body", _get(content, path)), spec, spec.rules[number]))

    message = _error_message(msgspec.convert(content, _struct(name)))

    assert [word for word in named if word not in message] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(NewMeeting(topic="\ud800"), id="lone-surrogate"),
        pytest.param(NewMeeting(start_time=datetime.max.replace(tzinfo=timezone.min)), id="time-after-maximum"),
        pytest.param(NewMeeting(start_time=datetime.min.replace(tzinfo=timezone.max)), id="time-before-minimum"),
    ],
)
def test_encode_unencodable_raises(body: msgspec.Struct) -> None:
    """A value that JSON cannot hold is rejected."""
    assert type(body).__name__ in _error_message(body)


@pytest.mark.parametrize(
    "value", ["\ud800", object(), int, ..., {1, object()}, {(): 1}, b"\xff"], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("field", ["start_time", "type", "recurrence", "settings", "tracking_fields"])
def test_encode_wrong_type_raises(field: str, value: object) -> None:
    """A caller without a type checker gets the same error for a value of any type."""
    body = cast("Callable[..., msgspec.Struct]", NewMeeting)

    assert "NewMeeting: " in _error_message(body(**{field: value}))


MEETING_SETTINGS: Final = MeetingSettingsInEffect(
    waiting_room=True,
    enable_dedicated_group_chat=True,
    continuous_meeting_chat=ContinuousMeetingChatInEffect(enable=True, channel_id="c1"),
    meeting_invitees=(MeetingInviteeInEffect(email="a@example.com", internal_user=True),),
)
SENT_SETTINGS: Final = {
    "waiting_room": True,
    "continuous_meeting_chat": {"enable": True},
    "meeting_invitees": [{"email": "a@example.com"}],
}
WEBINAR_SETTINGS: Final = WebinarSettingsInEffect(hd_video=True, global_dial_in_numbers=())
PANELIST: Final = Panelist(id="p1", join_url="https://zoom.example/w/1?tk=t", name="Ada", email="a@example.com")


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (NewMeeting(settings=MEETING_SETTINGS), {"settings": SENT_SETTINGS}),
        (MeetingUpdate(settings=MEETING_SETTINGS), {"settings": SENT_SETTINGS}),
        (NewWebinar(settings=WEBINAR_SETTINGS), {"settings": {"hd_video": True}}),
        (WebinarUpdate(settings=WEBINAR_SETTINGS), {"settings": {"hd_video": True}}),
        (NewPanelists(panelists=(PANELIST,)), {"panelists": [{"name": "Ada", "email": "a@example.com"}]}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, msgspec.Struct) else "",
)
def test_encode_part_of_response(body: msgspec.Struct, sent: Body) -> None:
    """The struct of a response may be part of a body; what only responses have is not sent."""
    assert msgspec.json.decode(encode(body)) == sent


class Slot(msgspec.Struct):
    """A body that may hold bodies of its own type."""

    start: datetime
    note: Annotated[str, limits(max_length=3)] = ""
    ends: tuple[datetime, ...] = ()
    then: tuple[Slot, ...] = ()


NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_encode_times_in_lists() -> None:
    body = Slot(NOON, then=(Slot(NOON.replace(tzinfo=None), ends=(NOON, NOON.replace(microsecond=9))),))

    assert msgspec.json.decode(encode(body)) == {
        "start": "2026-05-04T12:00:00Z",
        "note": "",
        "ends": [],
        "then": [
            {
                "start": "2026-05-04T12:00:00",
                "note": "",
                "ends": ["2026-05-04T12:00:00Z", "2026-05-04T12:00:00Z"],
                "then": [],
            }
        ],
    }


def test_encode_limit_names_path() -> None:
    """Limits hold inside a struct of the same type, too. The error names the path of the first violation."""
    last = Slot(NOON, note="four")

    assert _error_message(Slot(NOON, then=(Slot(NOON), Slot(NOON, then=(last, last))))) == (
        "Slot: Expected a length of at most 3 - at `$.then[1].then[0].note`"
    )


def _error_message(body: msgspec.Struct) -> str:
    """Return the error message for *body*, which is the same if its tuples are lists."""
    with pytest.raises(InvalidArgument) as raised:
        encode(body)
    with pytest.raises(InvalidArgument) as raised_for_lists:
        encode(cast("msgspec.Struct", _with_lists(body)))

    assert str(raised_for_lists.value) == str(raised.value)
    return str(raised.value)


def _with_lists(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        return type(value)(**{field.name: _with_lists(getattr(value, field.name)) for field in fields})
    if isinstance(value, tuple):
        return [_with_lists(item) for item in cast("tuple[object, ...]", value)]
    return value


@st.composite
def _broken_rule(draw: st.DrawFn, content: Body, spec: Spec, rule: Rule) -> tuple[str, ...]:
    """Break *rule* in *content*, and return the words that the error message must hold."""
    name, then, target = rule.target[0], rule.then, spec.fields[rule.target[0]]
    trigger = st.sampled_from(rule.values) if rule.values else _values(spec.fields[rule.field], ())
    content[rule.field] = None if rule.unless else draw(trigger)
    for other in spec.rules:
        if other is not rule and other.applies(content):
            _repair(draw, content, spec, other)
    if then is None:
        content[name] = draw(_values(target))
        return (rule.field, name)
    if then.required:
        content[name] = None
        return (name,)
    if then.values:
        content[name] = draw(st.sampled_from([value for value in target.values if value not in then.values]))
        return (rule.field, name, str(then.values[0]))
    limit = draw(st.sampled_from(then.range.limits))
    if len(rule.target) == 1:
        content[name] = draw(_values(_past(target, then.range, limit)))
        return (name, "one" if limit == 1 else str(limit))
    items = draw(_values(target, (0, *rule.target[1:])))
    inner = cast("Spec", target.item).fields[rule.target[1]]
    content[name] = items
    for item in cast("list[Body]", items):
        item[rule.target[1]] = draw(_values(replace(inner, range=then.range)))
    _put(items, (0, rule.target[1]), draw(_values(_past(inner, then.range, limit))))
    return (rule.target[1],)


def _past(spec: Spec, allowed: Range, limit: int) -> Spec:
    """Return *spec* for undocumented values exactly one past *limit*, which is an end of *allowed*."""
    past = limit + 1 if limit == allowed.most else limit - 1
    return replace(spec, range=Range(least=past, most=past), values=())


# --- generated bodies


@st.composite
def _bodies(draw: st.DrawFn, spec: Spec, through: tuple[Step, ...] = ()) -> Body:
    """Return bodies that *spec* allows, each with a value at the path *through*."""
    content: Body = {}
    for name, each in spec.fields.items():
        ahead = through[1:] if through[:1] == (name,) else None
        if each.required or ahead is not None or draw(st.booleans()):
            content[name] = draw(_values(each, ahead or ()))
        elif draw(st.booleans()):
            content[name] = None
    for rule in spec.rules:
        if rule.applies(content):
            _repair(draw, content, spec, rule)
    return content


def _repair(draw: st.DrawFn, content: Body, spec: Spec, rule: Rule) -> None:
    """Change *content* so that it follows *rule*."""
    name, then = rule.target[0], rule.then
    if then is None:
        content[name] = None
    elif then.values:
        content[name] = then.values[0]
    elif then.required:
        content[name] = content.get(name) or draw(_values(replace(spec.fields[name], range=Range(least=1))))
    elif len(rule.target) == 1:
        content[name] = _fitted(draw, content.get(name), spec.fields[name], then.range)
    else:
        inner = spec.fields[name].item
        assert inner is not None
        for item in cast("list[Body]", content.get(name) or []):
            value = item.get(rule.target[1])
            item[rule.target[1]] = _fitted(draw, value, inner.fields[rule.target[1]], then.range)


def _fitted(draw: st.DrawFn, value: object, spec: Spec, allowed: Range) -> object:
    if isinstance(value, int):
        return value if allowed.holds(value) else allowed.most
    if isinstance(value, list):
        items = list(cast("list[object]", value))[: allowed.most]
        lacking = max(0, (allowed.least or 0) - len(items))
        return [*items, *draw(_lists(replace(spec, range=Range(least=lacking, most=lacking))))]
    return value


def _values(spec: Spec, through: tuple[Step, ...] = ()) -> st.SearchStrategy[object]:
    """Return values that *spec* allows. Documented values are not exhaustive, so that some values are others."""
    least, most = spec.range.least, spec.range.most
    if spec.kind == "object":
        return _bodies(spec, through)
    if spec.kind == "list":
        return _lists(spec, through)
    if spec.kind == "text":
        return st.one_of(st.sampled_from(spec.values), _texts(spec.range)) if spec.values else _texts(spec.range)
    if spec.kind == "integer":
        numbers = st.integers(-(2**63) if least is None else least, 2**63 - 1 if most is None else most)
        return st.one_of(st.sampled_from(spec.values), numbers) if spec.values else numbers
    return {"flag": st.booleans(), "time": _TIMES, "localtime": st.one_of(_TIMES, _LOCAL_TIMES)}[spec.kind]


def _texts(allowed: Range) -> st.SearchStrategy[str]:
    least, most = allowed.least or 0, allowed.most
    short = st.text(min_size=least, max_size=LONGEST if most is None else min(most, LONGEST))
    if most is None:
        return short
    # Only the length of a long text matters.
    long = st.integers(max(least, most - 2), most).map(lambda size: "é" * size)
    return long if least > LONGEST else st.one_of(short, long)


@st.composite
def _lists(draw: st.DrawFn, spec: Spec, through: tuple[Step, ...] = ()) -> list[object]:
    assert spec.item is not None
    item, least = spec.item, max(spec.range.least or 0, 1 if through else 0)
    most = max(least, 3 if spec.range.most is None else min(spec.range.most, 3))
    size = draw(st.integers(least, most))
    # Repeating the last item is enough for the length of a long list.
    distinct = [draw(_values(item, through[1:] if index == 0 else ())) for index in range(min(size, 3))]
    return [*distinct, *distinct[-1:] * (size - len(distinct))]


_FIRST, _LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  Hypothesis adds the zones
_LOCAL_TIMES: Final = st.datetimes(_FIRST, _LAST)
_TIMES: Final = st.datetimes(_FIRST, _LAST, timezones=st.timezones())


def _as_sent(content: Mapping[str, object], *, nulls: bool) -> Body:
    """Return *content* as JSON: with *nulls*, None is null, and otherwise it is left out."""
    return {name: _json(value) for name, value in content.items() if nulls or value is not None}


def _json(value: object) -> object:
    if isinstance(value, dict):
        return _as_sent(cast("Body", value), nulls=False)
    if isinstance(value, list):
        return [_json(item) for item in cast("list[object]", value)]
    if isinstance(value, datetime):
        zone = "Z" if value.tzinfo else ""
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(microsecond=0, tzinfo=None).isoformat() + zone
    return value


def _get(content: object, path: tuple[Step, ...]) -> object:
    for step in path:
        content = cast("dict[Step, object]", content)[step]
    return content


def _put(content: object, path: tuple[Step, ...], value: object) -> None:
    cast("dict[Step, object]", _get(content, path[:-1]))[path[-1]] = value


async def test_dictionary_as_body(zoom: Zoom, fake: FakeZoom) -> None:
    """A program without a type checker gets an error that says what a body is, and nothing is sent."""
    body = cast("NewMeeting", {"topic": "Harbour"})
    with pytest.raises(InvalidArgument, match="the body must be a struct, such as NewMeeting, not a dict"):
        await zoom.meetings.create("ada@lakeside.example", body)

    assert fake.requests == ()
