"""Random requests for every operation of the fake: none fails in the server, and all responses fit the reference.

ZOOMASYNC_FUZZ_EXAMPLES sets the number of servers, each of which receives several requests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from json import loads
from typing import Final, TypeAlias, cast
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.contract import ALL_OPERATIONS, OPERATIONS, Operation, Spec, complaints
from support.fake_http import Json, Response, calling

from zoomasync.testing import Account, FakeZoom, RecordingFile, ScheduledMeeting

Step: TypeAlias = str | int

EXAMPLES: Final = int(os.environ.get("ZOOMASYNC_FUZZ_EXAMPLES", "100"))
TODAY: Final = date(2026, 3, 18)
NOW: Final = datetime(2026, 3, 18, 8, tzinfo=UTC)
SEGMENTS: Final = ("0", "me", "9" * 19, "9" * 30, "%2F", "a%2Fb", "%252F", "%00", "%FF", "%zz", "%D9%A3", "%2e%2e")
JUNK: Final = r"""
    null "" [] {} true 0 -1 1.5 1e308 9223372036854775808 10000000000000000000000000 "\u0000" "é😀" "a@b"
    [null] [[]] [{}] {"":null} "2026-02-30" "0001-01-01T00:00:00" "9999-12-31T23:59:59Z" "2199-12-31T23:59:59"
    "Asia/Tokyo"
""".split()  # noqa: SIM905  one per line would be thirty lines
"""JSON texts to put in the place of any value."""
CONTENTS: Final = (
    b"",
    b"{",
    b"null",
    b'"\xff"',
    b"[" * 50_000,
    b'{"topic": 1e999}',
    b'{"topic": ' + b"1" * 5000 + b"}",
)
EXAMPLES_OF_KIND: Final[Mapping[str, tuple[object, ...]]] = {
    "flag": (True, False),
    "number": (0, 1.5),
    "day": ("2026-03-01", "2026-03-18", "0001-01-01", "9999-12-31"),
    "time": ("2026-03-20T09:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    "localtime": ("2026-03-20T09:00:00Z", "2026-03-20T09:00:00", "2199-12-31T23:59:59"),
    "email": ("omar@lakeside.example", " ä@B.example ", "guest1@elsewhere.example"),
    "url": ("https://lakeside.example/é", "rtmp://lakeside.example/x"),
}
UNKNOWN: Final = 56
CHOICES: Final = st.integers(0, 63)
"""Numbers that select an id; from `UNKNOWN` on, they select other text."""
PATTERNED: Final = ("1", "7,1", "1234567890", "A-1@_*", "US,FR", "English,French", "https://lakeside.example/x")
"""Texts for the patterns of the reference."""


@dataclass(frozen=True)
class Fuzzed:
    """A request; *choices* select the ids in its path, and a body of bytes is sent unchanged."""

    name: str
    choices: tuple[int, ...]
    query: Mapping[str, object]
    body: object


# --- generated requests


def values(spec: Spec) -> st.SearchStrategy[object]:
    """Return values that *spec* allows."""
    if spec.kind == "object":
        fields = {name: values(each) for name, each in spec.fields.items()}
        optional = {name: each for name, each in fields.items() if not spec.fields[name].required}
        required = {name: each for name, each in fields.items() if name not in optional}
        return cast("st.SearchStrategy[object]", st.fixed_dictionaries(required, optional=optional))
    least, most = spec.range.least, spec.range.most
    if spec.item is not None:
        smallest = least or 0
        return st.lists(values(spec.item), min_size=smallest, max_size=min(most or smallest + 2, smallest + 2))
    if spec.values:
        return st.sampled_from(spec.values)
    if spec.kind == "integer":
        return st.integers(-(2**63) if least is None else least, 2**63 - 1 if most is None else most)
    if known := EXAMPLES_OF_KIND.get(spec.kind) or EXAMPLES_OF_KIND.get(spec.form):
        return st.sampled_from(known)
    texts = st.text(min_size=least or 0, max_size=(least or 0) + 3)
    return st.one_of(texts, st.sampled_from(PATTERNED)) if spec.pattern or spec.kind == "ref" else texts


@cache
def bodies(name: str) -> st.SearchStrategy[object]:
    """Return bodies for an operation: valid ones, and those with one or two values replaced."""
    spec = ALL_OPERATIONS[name].body
    if spec is None:
        return st.none() | st.sampled_from(CONTENTS)
    changes = st.dictionaries(st.integers(0, 99), st.sampled_from(JUNK), max_size=2)
    changed = st.builds(with_junk, values(spec), changes)
    return values(spec) | values(spec) | changed | st.none() | st.sampled_from(CONTENTS)


def with_junk(body: object, changes: Mapping[int, str]) -> object:
    """Return a copy of *body* with values at numbered places replaced."""
    body = deepcopy(body)
    for number, junk in changes.items():
        places = list(paths(body))
        *above, last = places[number % len(places)] if places else ("colour",)
        parent = body
        for step in above:
            parent = cast("Json", parent)[cast("str", step)]
        cast("Json", parent)[cast("str", last)] = loads(junk)
    return body


def paths(value: object) -> Iterator[tuple[Step, ...]]:
    """Yield the path of every value within *value*."""
    pairs: list[tuple[Step, object]] = []
    if isinstance(value, dict):
        pairs = list(cast("Json", value).items())
    elif isinstance(value, list):
        pairs = list(enumerate(cast("list[object]", value)))
    for step, each in pairs:
        yield (step,)
        yield from ((step, *rest) for rest in paths(each))


@cache
def queries(name: str) -> st.SearchStrategy[dict[str, object]]:
    operation = ALL_OPERATIONS[name]
    fields = {each: values(spec) for each, spec in operation.query.items()}
    required = {each: fields[each] for each, spec in operation.query.items() if spec.required}
    optional = {each: fields[each] for each in fields if each not in required}
    paging = {each: st.sampled_from(["1", "300", "0", "", "9" * 12, "٣"]) for each in operation.paging_parameters}
    unknown = {"colour": st.just("red")}
    valid = st.fixed_dictionaries(required, optional=optional)
    return valid | valid | st.fixed_dictionaries(required, optional={**optional, **paging, **unknown})


@st.composite
def requests(draw: st.DrawFn) -> Fuzzed:
    name = draw(st.sampled_from(sorted(OPERATIONS)) | st.sampled_from(sorted(ALL_OPERATIONS)))
    choices = draw(st.tuples(CHOICES, CHOICES))
    return Fuzzed(name, choices, draw(queries(name)), draw(bodies(name)))


# --- what they are sent to


def new_account() -> Account:
    """Return an account with a little of everything."""
    account = Account(today=TODAY)
    host, _ = account.add_host(), account.add_host(pac_accounts=())
    for webinar in (False, True):
        account.add_meeting(host, type=5 if webinar else 2, registrants=2, polls=1, panelists=int(webinar)).start()
        account.add_meeting(host, type=9 if webinar else 8, registrants=1, settings={"registration_type": 2})
        instance = account.add_instance(host, type=5 if webinar else 2, polls=1, qa=1, survey=1, summary=True)
        files = [
            RecordingFile(id="video"),
            RecordingFile(id="t", file_type="TRANSCRIPT", file_extension="VTT", content=b"x"),
        ]
        account.add_recording(instance, files=files, registrants=1, views=1, settings={"on_demand": True})
    account.add_meeting(host, type=3, approval_type=2)
    return account


def path_of(operation: Operation, choices: tuple[int, ...], account: Account) -> str:
    """Return the path, with ids of the account or with other text."""
    name, is_webinar = operation.name, "webinar" in operation.route
    scheduled = account.scheduled_webinars if is_webinar else account.scheduled_meetings
    form = account.recordings[0] if name.startswith("recordings.") else scheduled[choices[0] % len(scheduled)]
    ids: dict[str, list[str]] = {
        "userId": [*(each.id for each in account.hosts), account.hosts[0].email],
        "registrantId": [each.id for each in form.registrants],
        "recordingId": [quote(file.id, safe="") for each in account.recordings for file in each.files],
    }
    if isinstance(form, ScheduledMeeting):
        ids["pollId"], ids["panelistId"] = [each.id for each in form.polls], [each.id for each in form.panelists]
    numbers = [str(form.id)]
    if name.startswith(("past_", "reports.", "recordings.")) or "summary" in name or "transcript" in name:
        instance = next(each for each in account.instances if each.webinar is is_webinar)
        numbers = [quote(instance.uuid, safe=""), str(instance.id)]
    ids |= dict.fromkeys(("meetingId", "meetingUUID", "webinarId"), numbers)
    segments: dict[str, object] = {}
    for placeholder, choice in zip(operation.path, choices, strict=False):
        known = ids.get(placeholder, ["7"])
        is_known = known and choice < UNKNOWN
        segments[placeholder] = known[choice % len(known)] if is_known else SEGMENTS[choice % len(SEGMENTS)]
    return operation.route.partition(" ")[2].format_map(segments)


def text_of(value: object) -> str:
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    words = [str(each).lower() if isinstance(each, bool) else str(each) for each in items]
    return quote(",".join(words), safe="", errors="replace")


def check(operation: Operation, response: Response) -> None:
    """Check that *response* is one of the operation, or an error."""
    if response.status >= 300:
        assert response.status < 500, response.content
        assert isinstance(response.code, int)
        assert isinstance(response.body["message"], str)
        return
    assert response.status == operation.status
    if operation.response is None:
        assert response.content == b""
    elif not operation.name.startswith(("past_", "reports.")):  # those have known deviations from the reference
        assert list(complaints(response.body, operation.response)) == []


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.lists(requests(), min_size=10, max_size=25))
async def test_random_requests(fuzzed: list[Fuzzed]) -> None:
    account = new_account()
    async with calling(FakeZoom(account, plan=None, now=lambda: NOW)) as caller:
        for each in fuzzed:
            query = {f"{name}_": text_of(value) for name, value in each.query.items()}
            operation = ALL_OPERATIONS[each.name]
            path = path_of(operation, each.choices, account)
            response = await caller.send(operation.verb, path, each.body, operation.media, **query)

            check(operation, response)
