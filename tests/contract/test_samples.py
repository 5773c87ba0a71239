"""Replies as Zoom sends them, with all their oddities, read whole: nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, cast

import msgspec
import pytest
from support.contract import OPERATIONS, SAMPLES, RetrySafety, Sample, Spec
from support.memory import response

from zoomasync import Zoom
from zoomasync._core.decoding import decode
from zoomasync._core.responses import interpret
from zoomasync.errors import DecodeError

EACH: Final = [pytest.param(sample, id=str(sample)) for sample in SAMPLES]
ENDPOINTS: Final = Zoom.endpoints()

UNREAD: Final = {
    "participants[].attentiveness_score": "left the reference years ago, and comes empty: only old replies carry it",
}
"""What samples hold and nothing reads, with the reason."""


@pytest.mark.parametrize("sample", EACH)
def test_every_value_of_a_reply_survives_decoding(sample: Sample) -> None:
    response = OPERATIONS[sample.name].response
    assert response is not None

    read = decode(sample.body, ENDPOINTS[sample.name].response)

    assert list(_lost(msgspec.json.decode(sample.body), read, response, "")) == []


def test_every_field_that_is_left_unread_stands_in_some_sample() -> None:
    unread = {
        path
        for sample in SAMPLES
        if (response := OPERATIONS[sample.name].response)
        for path in _unknown(msgspec.json.decode(sample.body), response, "")
    }

    assert unread == UNREAD.keys()


@pytest.mark.parametrize(
    "retry_safety",
    [
        pytest.param(retry_safety, id=name)
        for name, retry_safety in OPERATIONS.items()
        if retry_safety.response and any(spec.required for spec in retry_safety.response.fields.values())
    ],
)
def test_a_reply_without_what_it_is_about_is_refused(retry_safety: RetrySafety) -> None:
    assert retry_safety.response is not None
    body = next(sample.body for sample in SAMPLES if sample.name == retry_safety.name)
    call = ENDPOINTS[retry_safety.name].at(
        *("abc" if spec.kind == "text" else 1 for spec in retry_safety.path.values())
    )

    for name in (name for name, spec in retry_safety.response.fields.items() if spec.required):
        content = msgspec.json.decode(body, type=dict[str, object])
        del content[name]
        with pytest.raises(DecodeError, match=f"`{name}`"):
            interpret(call, response(retry_safety.status, content))


def _lost(sent: object, read: object, spec: Spec, path: str) -> Iterator[str]:
    """Say what of *sent*, as JSON holds it, is not to be found in *read*, which it became."""
    if not isinstance(sent, dict | list):
        if read != (meant := _meant(sent, spec.kind)) or type(read) is not type(meant):
            yield f"{path} is {read!r}, not {meant!r}"
    elif isinstance(sent, dict):
        attributes = {field.encode_name: field.name for field in msgspec.structs.fields(cast("msgspec.Struct", read))}
        for name, content in cast("Mapping[str, object]", sent).items():
            where = f"{path}.{name}".lstrip(".")
            if name in attributes:
                yield from _lost(content, getattr(read, attributes[name]), spec.fields[name], where)
            elif where not in UNREAD:
                yield f"{where} is not read"
    else:
        rows, items = cast("Sequence[object]", sent), cast("Sequence[object]", read)
        if len(rows) != len(items):
            yield f"{path} has {len(items)} rows of {len(rows)}"
        for row, item in zip(rows, items, strict=False):
            yield from _lost(row, item, cast("Spec", spec.item), f"{path}[]")


def _unknown(sent: object, spec: Spec, path: str) -> Iterator[str]:
    """Say what of *sent* the reference does not know."""
    if isinstance(sent, dict):
        for name, content in cast("Mapping[str, object]", sent).items():
            where = f"{path}.{name}".lstrip(".")
            if name in spec.fields:
                yield from _unknown(content, spec.fields[name], where)
            else:
                yield where
    elif isinstance(sent, list) and spec.item is not None:
        for row in cast("Sequence[object]", sent):
            yield from _unknown(row, spec.item, f"{path}[]")


def _meant(sent: object, kind: str) -> object:
    """Return what *sent* says: empty text is nothing where something else is due, and ids and times come as text."""
    if isinstance(sent, int) and kind == "number":
        return float(sent)
    if not isinstance(sent, str) or kind == "text":
        return sent
    if not sent:
        return None
    if kind == "integer":
        return int(sent)
    if "/" in sent:
        return datetime.strptime(sent, "%m/%d/%Y %H:%M").replace(tzinfo=UTC)
    moment = datetime.fromisoformat(sent)
    return moment if kind == "time" else moment.date()
