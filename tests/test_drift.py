"""A bad row names itself, and need not cost the others."""

from __future__ import annotations

import json
from datetime import date

import pytest

from zoomasync import Drift, Zoom
from zoomasync.errors import DecodeError
from zoomasync.testing import FakeZoom

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)


def page_of_300_with_a_bad_one(fake: FakeZoom, *, times: int = 1) -> dict[str, object]:
    """Let the fake answer with 300 hosts, of which the 200th counts its meetings in words; return that one."""
    rows: list[dict[str, object]] = [{"id": f"h{number}", "meetings": number} for number in range(300)]
    bad: dict[str, object] = {"id": "h200", "meetings": "a few, for canary@northpier.example", "new": {"key": [1]}}
    rows[200] = bad
    fake.respond("GET /report/users", status=200, body={"next_page_token": "", "users": rows}, times=times)
    return bad


async def test_a_typed_call_names_the_row_and_the_path_and_shows_no_value(zoom: Zoom, fake: FakeZoom) -> None:
    page_of_300_with_a_bad_one(fake, times=2)  # a reply that cannot be read is asked for once more

    with pytest.raises(DecodeError) as refused:
        await anext(aiter(zoom.reports.users(FIRST, LAST)))

    assert (refused.value.type_name, refused.value.path) == ("HostsPage", "$.users[200].meetings")
    assert "canary" not in str(refused.value)


async def test_bulk_users_get_the_299_good_rows_and_the_raw_one(zoom: Zoom, fake: FakeZoom) -> None:
    bad = page_of_300_with_a_bad_one(fake)
    drifts: list[Drift] = []

    hosts = [host async for host in zoom.reports.users(FIRST, LAST).rows(on_drift=drifts.append)]

    assert [host.id for host in hosts] == [f"h{number}" for number in range(300) if number != 200]
    (drift,) = drifts
    assert (drift.row, drift.path) == (200, "$.users[200].meetings")
    assert json.loads(drift.raw) == bad
    assert "canary" not in repr(drift)


async def test_rows_that_can_be_mended_are_no_drift(zoom: Zoom, fake: FakeZoom) -> None:
    body: dict[str, object] = {"users": [{"id": 7, "meetings": "3", "type": ""}, {"id": "h2", "meetings": []}]}
    fake.respond("GET /report/users", status=200, body=body)
    drifts: list[Drift] = []

    pages = [page async for page in zoom.reports.users(FIRST, LAST).pages(on_drift=drifts.append)]

    assert [(host.id, host.meetings, host.type) for host in pages[0].items] == [("7", 3, None)]
    assert [drift.row for drift in drifts] == [1]


@pytest.mark.parametrize(
    "body", [{"users": "none"}, {"users": [], "total_records": "many"}, {"hosts": []}, []], ids=str
)
async def test_a_page_that_is_none_is_an_error_all_the_same(
    body: dict[str, object], zoom: Zoom, fake: FakeZoom
) -> None:
    fake.respond("GET /report/users", status=200, body=json.dumps(body).encode(), times=2)

    with pytest.raises(DecodeError):
        async for _ in zoom.reports.users(FIRST, LAST).pages(on_drift=lambda _: None):
            pass
