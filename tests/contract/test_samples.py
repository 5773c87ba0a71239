"""Sample responses as Zoom sends them, with their deviations from the reference: decoding loses no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, cast

import msgspec
import pytest
from support.contract import OPERATIONS, SAMPLES, Operation, Sample, Spec
from support.memory import response

from zoomasync import Zoom
from zoomasync._core.decoding import decode
from zoomasync._core.responses import interpret
from zoomasync.errors import DecodeError

EACH_SAMPLE: Final = [pytest.param(sample, id=str(sample)) for sample in SAMPLES]
ENDPOINTS: Final = Zoom.endpoints()

IGNORED: Final = {
    "participants[].attentiveness_score": "no longer in the reference; old responses have it, always empty",
}
"""The fields of samples that no struct has, with the reason."""


@pytest.mark.parametrize("sample", EACH_SAMPLE)
def test_decode_keeps_every_value(sample: Sample) -> None:
    response = OPERATIONS[sample.name].response
    assert response is not None

    decoded = decode(sample.body, ENDPOINTS[sample.name].response)

    assert list(_lost(msgspec.json.decode(sample.body), decoded, response, "")) == []


def test_ignored_fields_are_in_samples() -> None:
    ignored = {
        path
        for sample in SAMPLES
        if (response := OPERATIONS[sample.name].response)
        for path in _unknown(msgspec.json.decode(sample.body), response, "")
    }

    assert ignored == IGNORED.keys()


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(operation, id=name)
        for name, operation in OPERATIONS.items()
        if operation.response and any(spec.required for spec in operation.response.fields.values())
    ],
)
def test_missing_required_field_raises(operation: Operation) -> None:
    assert operation.response is not None
    body = next(sample.body for sample in SAMPLES if sample.name == operation.name)
    call = ENDPOINTS[operation.name].at(*("abc" if spec.kind == "text" else 1 for spec in operation.path.values()))

    for name in (name for name, spec in operation.response.fields.items() if spec.required):
        content = msgspec.json.decode(body, type=dict[str, object])
        del content[name]
        with pytest.raises(DecodeError, match=f"`{name}`"):
            interpret(call, response(operation.status, content))


def _lost(sent: object, decoded: object, spec: Spec, path: str) -> Iterator[str]:
    """Yield the values of the JSON *sent* that *decoded* lacks or has changed."""
    if not isinstance(sent, dict | list):
        expected = _expected(sent, spec.kind)
        if decoded != expected or type(decoded) is not type(expected):
            yield f"{path} is {decoded!r}, not {expected!r}"
    elif isinstance(sent, dict):
        attributes = {
            field.encode_name: field.name for field in msgspec.structs.fields(cast("msgspec.Struct", decoded))
        }
        for name, content in cast("Mapping[str, object]", sent).items():
            field_path = f"{path}.{name}".lstrip(".")
            if name in attributes:
                yield from _lost(content, getattr(decoded, attributes[name]), spec.fields[name], field_path)
            elif field_path not in IGNORED:
                yield f"{field_path} is not decoded"
    else:
        rows, items = cast("Sequence[object]", sent), cast("Sequence[object]", decoded)
        if len(rows) != len(items):
            yield f"{path} has {len(items)} rows of {len(rows)}"
        for row, item in zip(rows, items, strict=False):
            yield from _lost(row, item, cast("Spec", spec.item), f"{path}[]")


def _unknown(sent: object, spec: Spec, path: str) -> Iterator[str]:
    """Yield the fields of *sent* that the reference does not have."""
    if isinstance(sent, dict):
        for name, content in cast("Mapping[str, object]", sent).items():
            field_path = f"{path}.{name}".lstrip(".")
            if name in spec.fields:
                yield from _unknown(content, spec.fields[name], field_path)
            else:
                yield field_path
    elif isinstance(sent, list) and spec.item is not None:
        for row in cast("Sequence[object]", sent):
            yield from _unknown(row, spec.item, f"{path}[]")


def _expected(sent: object, kind: str) -> object:
    """Return the decoded value for *sent*: Zoom sends some numbers and times as text, and empty text for null."""
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
