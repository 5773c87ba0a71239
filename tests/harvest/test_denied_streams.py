"""An error about the token or account stops a stream, one about a host does not, and one of a gateway is not final."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from support.harvested import expected, partitions, stored
from support.harvesting import QUICK, SPRING, TODAY, calls, harvest, query

from zoomasync import Done, Failed, fan_out
from zoomasync.errors import EmbeddedError, MissingScope, NotFound, PermissionDenied, ServerError, ZoomError
from zoomasync.harvest import Harvest, State
from zoomasync.harvest._stream_gate import StreamGate
from zoomasync.harvest.streams import REPORT_GROUPS, STREAMS
from zoomasync.testing import Account, FakeZoom

Json = Mapping[str, object]

APRIL = (date(2026, 4, 1), date(2026, 4, 30))
THREE_DAYS = (date(2026, 5, 4), date(2026, 5, 6))
SURVEY = "GET /report/meetings/{meetingId}/survey"
PARTICIPANTS = "GET /report/meetings/{meetingId}/participants"
USERS = "GET /report/users"
USER_MEETINGS = "GET /report/users/{userId}/meetings"
MISSING_SCOPE: Json = {
    "code": 4711,
    "message": "Invalid access token, does not contain scopes:[report:read:meeting_survey:admin].",
}
NO_PLAN: Json = {"code": 200, "message": "Only available for Paid or ZMP account."}
DENIALS = {
    "4711": (400, MISSING_SCOPE),
    "104": (401, {"code": 104, "message": "Invalid access token, does not contain scopes."}),
    "plan": (400, NO_PLAN),
    "webinar plan": (400, {"code": 200, "message": "Not subscribe webinar plan."}),
    "inside HTTP 200": (200, NO_PLAN),
    "role": (403, {"code": 300, "message": "Only an administrator may read this."}),
}


def thirty_instances() -> Account:
    """Return an account with instances on thirty days of April, of three hosts."""
    account = Account(today=TODAY)
    hosts = [account.add_host() for _ in range(3)]
    for number in range(30):
        start = datetime(2026, 4, 1, 9, tzinfo=UTC) + timedelta(days=number)
        account.add_instance(hosts[number % 3], start=start, participants=2, survey=1)
    return account


def states_of(store: Path, stream: str) -> list[str]:
    return sorted(state for (name, _), (state, _) in partitions(store).items() if name == stream)


# The whole stream is denied.


@pytest.mark.parametrize("name", DENIALS)
async def test_denied_stream_costs_one_call(name: str, tmp_path: Path) -> None:
    """The other streams are complete, and the next run asks once again."""
    status, body = DENIALS[name]
    account = thirty_instances()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(SURVEY, status=status, body=body, times=999)
        for number in (1, 2, 3):
            summary = await harvest(fake, store, APRIL, reports=["meeting_participants", "meeting_survey"])

            assert calls(fake).count(SURVEY) == number
            assert [failure.stream for failure in summary.failures] == ["meeting_survey"]
            survey = next(stream for stream in summary.streams if stream.name == "meeting_survey")
            assert str(body["message"]) in str(survey.stopped_by)
            assert (summary.complete, summary.unfinished, survey.unfinished) == (False, 30, 30)
        fake.clear_responses()
        assert (await harvest(fake, store, APRIL, reports=["meeting_participants", "meeting_survey"])).complete

    assert calls(fake).count(PARTICIPANTS) == 30
    tables = expected(account, *APRIL)
    assert stored(store)["meeting_survey"] == tables["meeting_survey"]


@pytest.mark.parametrize("route", [USERS, USER_MEETINGS])
@pytest.mark.parametrize("name", DENIALS)
async def test_denied_listing_ends_run(name: str, route: str, tmp_path: Path) -> None:
    """It costs one call, not one per month or host."""
    status, body = DENIALS[name]
    async with FakeZoom(thirty_instances(), plan=None) as fake:
        fake.respond(route, status=status, body=body, times=999)
        with pytest.raises((PermissionDenied, EmbeddedError)):
            await harvest(fake, tmp_path / "h.sqlite", SPRING)

        assert calls(fake).count(route) == 1
        fake.clear_responses()
        assert (await harvest(fake, tmp_path / "h.sqlite", SPRING)).complete


async def test_scope_lost_during_run_stops_stream(tmp_path: Path) -> None:
    """A missing scope concerns partitions that would have been stored before, too."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(thirty_instances(), plan=None) as fake, fake.client(retry=QUICK) as zoom:
        fake.respond(SURVEY, status=400, body=MISSING_SCOPE, on_request=6, times=999)
        async with Harvest(
            zoom, store=store, from_=APRIL[0], to=APRIL[1], reports=["meeting_survey"], workers=2
        ) as running:
            summary = await running.run()

        assert 6 <= calls(fake).count(SURVEY) <= 7  # one was under way
    assert not summary.complete
    assert states_of(store, "meeting_survey").count("done") == 5
    assert "pending" in states_of(store, "meeting_survey")


OTHER_STREAMS = (*REPORT_GROUPS["account"], *REPORT_GROUPS["snapshots"], *REPORT_GROUPS["registrants"], "absentees")


@pytest.mark.parametrize("name", [name for name in OTHER_STREAMS if name != "users"])
async def test_other_denied_stream_costs_one_call(name: str, tmp_path: Path) -> None:
    """So do the streams of the account and of snapshots: one call per run, and all other streams are complete."""
    account = Account.simulated(7, today=TODAY, hosts=2, idle_hosts=0, months=2, instances_per_month=3)
    webinar = account.add_meeting(type=5, registrants=1)
    account.add_instance(start=datetime(2026, 5, 4, 9, tzinfo=UTC))
    account.add_instance(start=datetime(2026, 5, 4, 9, tzinfo=UTC), id=webinar.id, type=5)
    store, route, sent = tmp_path / "h.sqlite", STREAMS[name].route, list[int]()
    now = datetime(2026, 6, 15, 9, tzinfo=UTC)
    async with FakeZoom(account, plan=None, now=lambda: now) as fake:
        fake.respond(route, status=400, body=MISSING_SCOPE, times=999)
        for _ in range(2):
            start = len(fake.requests)
            summary = await harvest(fake, store, THREE_DAYS, reports=OTHER_STREAMS, now=now)
            sent.append(calls(fake, start).count(route))

            assert [failure.stream for failure in summary.failures] == [name]
            assert [stream.name for stream in summary.streams if stream.stopped_by] == [name]
            assert {stream.name for stream in summary.streams if stream.unfinished} == {name}
        fake.clear_responses()
        assert (await harvest(fake, store, THREE_DAYS, reports=OTHER_STREAMS, now=now)).complete
    assert sent == [1, 1]


async def test_account_without_department_billing(tmp_path: Path) -> None:
    """Each run asks once for the bills, and never for an invoice."""
    account = Account(today=TODAY)
    account.disabled_features.update({"department_billing", "audio_plan"})
    reports, store = ["billing_invoices", "telephone", "daily"], tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        await harvest(fake, store, APRIL, reports=reports)
        summary = await harvest(fake, store, APRIL, reports=reports)

        assert Counter(calls(fake)) == {"GET /report/billing": 2, "GET /report/telephone": 2, "GET /report/daily": 1}
    assert {stream.name: type(stream.stopped_by) for stream in summary.streams if stream.stopped_by} == {
        "billing": PermissionDenied,
        "telephone": EmbeddedError,
    }


# One host is denied.


async def test_denied_host_is_not_first_again(tmp_path: Path) -> None:
    """A denial that concerns one host stops the stream for one run at most."""
    store = tmp_path / "h.sqlite"
    account = thirty_instances()
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=400, body=NO_PLAN)
        first = await harvest(fake, store, APRIL, reports=["meeting_participants"])
        fake.respond(PARTICIPANTS, status=400, body=NO_PLAN, on_request=30)  # the last partition is the denied one
        second = await harvest(fake, store, APRIL, reports=["meeting_participants"], workers=1)

        assert calls(fake).count(PARTICIPANTS) == 1 + 30
    assert (first.unfinished, second.unfinished) == (30, 1)
    assert [failure.key for failure in second.failures] == [failure.key for failure in first.failures]
    assert [stream.stopped_by for stream in second.streams] == [None] * 3


async def test_denied_host_stops_nothing_else(tmp_path: Path) -> None:
    """Once Zoom has returned a report, a denial of plan or role fails its partition only, in later runs too."""
    store = tmp_path / "h.sqlite"
    account = thirty_instances()
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=400, body=NO_PLAN, on_request=5)
        first = await harvest(fake, store, APRIL, reports=["meeting_participants"])
        fake.respond(SURVEY, status=404, body=b"<html>404</html>")
        fake.respond(PARTICIPANTS, status=400, body=NO_PLAN)
        second = await harvest(fake, store, APRIL, reports=["meeting_participants", "meeting_survey"])

    assert (first.unfinished, second.unfinished) == (1, 2)
    assert states_of(store, "meeting_participants") == ["done"] * 29 + ["failed"]
    assert states_of(store, "meeting_survey") == ["done"] * 29 + ["failed"]


async def test_lapsed_plan_stops_known_stream(tmp_path: Path) -> None:
    """Ten denials in a row stop a stream that Zoom has returned before."""
    account = thirty_instances()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake, fake.client(retry=QUICK) as zoom:
        await harvest(fake, store, (date(2026, 4, 1), date(2026, 4, 2)), reports=["meeting_survey"])
        start = len(fake.requests)
        fake.respond(SURVEY, status=400, body=NO_PLAN, times=999)
        async with Harvest(
            zoom, store=store, from_=APRIL[0], to=APRIL[1], reports=["meeting_survey"], workers=2
        ) as running:
            await running.run()

        assert 10 <= calls(fake, start).count(SURVEY) <= 11


# Gates.


def denial(kind: type[PermissionDenied] = PermissionDenied, code: int | None = 200) -> PermissionDenied:
    return kind("GET /report/daily", 400, code=code, message="No.")


async def test_gate_admits_one_first() -> None:
    gate = StreamGate()
    admitted: list[int] = []

    async def enter(number: int) -> None:
        if await gate.admit():
            admitted.append(number)
            if number == 0:
                assert admitted == [0]
                gate.accept()

    async with fan_out(enter, range(20), workers=20) as outcomes:
        assert [outcome async for outcome in outcomes if isinstance(outcome, Failed)] == []
    assert sorted(admitted) == list(range(20))


@pytest.mark.parametrize("error", [denial(), denial(MissingScope)], ids=["plan", "scope"])
async def test_denied_gate_admits_none(error: ZoomError) -> None:
    gate = StreamGate()

    async def enter(number: int) -> bool:
        admitted = await gate.admit()
        if number == 0:
            gate.fail(error)
        return admitted

    outcomes = await fan_out(enter, range(20), workers=20).collect()
    assert [outcome.value for outcome in outcomes if isinstance(outcome, Done)].count(True) == 1
    assert gate.denial is error


@pytest.mark.parametrize(
    "error",
    [
        denial(code=None),
        NotFound("GET /report/daily", 404, code=3001),
        ServerError("GET /report/daily", 503),
        EmbeddedError("GET /report/daily", 200, code=300),
    ],
    ids=["403 of a firewall", "404", "503", "other embedded error"],
)
async def test_other_error_opens_gate(error: ZoomError) -> None:
    gate = StreamGate()
    assert await gate.admit()
    gate.fail(error)

    assert await gate.admit()


# Responses that Zoom's API did not send.


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"<html><center>nginx</center></html>"),
        (400, b""),
        (403, b"<html>Blocked by the firewall</html>"),
        (404, b"<html>404 page not found</html>"),
        (404, b""),
        (404, {"message": "no Route matched with those values"}),
        (408, b"<html>Request Timeout</html>"),
        (410, b"Gone"),
        (413, b""),
        (421, b""),
        (425, b"Too Early"),
        (451, b"<html>Unavailable</html>"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_gateway_error_is_not_final(status: int, body: bytes | Json, tmp_path: Path) -> None:
    account = Account(today=TODAY)
    account.add_instance(start=datetime(2026, 4, 10, 9, tzinfo=UTC), participants=5)
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(PARTICIPANTS, status=status, body=body, times=99)
        during = await harvest(fake, store, APRIL, reports=["meeting_participants"])
        state = states_of(store, "meeting_participants")
        fake.clear_responses()
        after = await harvest(fake, store, APRIL, reports=["meeting_participants"])

    assert (during.complete, state) == (False, ["failed"])
    assert [failure.state for failure in during.failures] == [State.FAILED]
    assert after.complete
    assert len(stored(store)["meeting_participants"]) == 5
    assert query(store, "SELECT error, detail FROM partition WHERE error IS NOT NULL") == []


@pytest.mark.parametrize("route", [USERS, USER_MEETINGS])
async def test_gateway_error_ends_no_listing(route: str, tmp_path: Path) -> None:
    account = thirty_instances()
    store = tmp_path / "h.sqlite"
    async with FakeZoom(account, plan=None) as fake:
        fake.respond(route, status=404, body=b"<html>404</html>")
        first = await harvest(fake, store, SPRING, reports=["meeting"])
        second = await harvest(fake, store, SPRING, reports=["meeting"])

    assert (first.complete, second.complete) == (False, True)
    assert len(stored(store)["meeting"]) == 30


async def test_daily_limit_leaves_first_partition_to_next_day(tmp_path: Path) -> None:
    """A stream whose first partition was not sent, because the daily quota was used up, continues on the next day."""
    store = tmp_path / "h.sqlite"
    async with FakeZoom(thirty_instances(), plan=None) as fake, fake.client(retry=QUICK) as zoom:
        fake.throttle("reports.meeting", kind="daily", retry_after=1)
        async with Harvest(
            zoom, store=store, from_=APRIL[0], to=APRIL[1], reports=["meeting", "meeting_participants"], workers=1
        ) as running:
            with anyio.fail_after(60):
                summary = await running.run(wait=True)

    assert summary.complete
    assert states_of(store, "meeting_participants") == ["done"] * 30
