"""The simulated account: reproducible, of a useful size, and with every special case that it documents."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import get_args

import pytest

from zoomasync.testing import Account, Instance, Visit
from zoomasync.testing.account.records import MeetingActivityType

TODAY = date(2026, 3, 18)
GUEST = "Guest at the gate"

# The repr of a set has no fixed order, so the script counts letters.
LETTER_COUNTS = """
from collections import Counter
from datetime import date
from zoomasync.testing import Account
print(sorted(Counter(repr(Account.simulated(7, today=date(2026, 3, 18)))).items()))
"""


@pytest.fixture(scope="module")
def account() -> Account:
    return Account.simulated(7, today=TODAY)


def visits(account: Account) -> Iterator[Visit]:
    return (visit for instance in account.instances for visit in instance.participants)


def test_same_seed_same_account(account: Account) -> None:
    assert Account.simulated(7, today=TODAY) == account
    assert Account.simulated(8, today=TODAY) != account


def test_hash_seed_has_no_effect() -> None:
    counts = {
        subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", LETTER_COUNTS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(counts) == 1


def test_instance_counts(account: Account) -> None:
    month = account.instances_between(TODAY - timedelta(days=30), TODAY)
    half_year = account.instances_between(TODAY - timedelta(days=182), TODAY)

    assert 60 <= len(month) <= 90
    assert 300 <= len(half_year) <= 500


def test_uuids_and_numbers_are_unique(account: Account) -> None:
    """A UUID names one instance, and a number names one meeting of one host."""
    uuids = [instance.uuid for instance in account.instances]
    meetings = {(instance.id, instance.host.id, instance.type) for instance in account.instances}

    assert len(set(uuids)) == len(uuids)
    assert len({number for number, *_ in meetings}) == len(meetings)


def test_uuids_with_special_characters(account: Account) -> None:
    recent = [instance.uuid for instance in account.instances_between(TODAY - timedelta(days=30), TODAY)]

    assert any(uuid.startswith("/") for uuid in recent)
    assert any("//" in uuid for uuid in recent)
    assert any("/" in uuid and "//" not in uuid and not uuid.startswith("/") for uuid in recent)
    assert any("+" in uuid for uuid in recent)


def test_visit_counts_at_page_edges(account: Account) -> None:
    sizes = {len(instance.participants) for instance in account.instances}

    assert {1, 30, 300, 301, 412, 600, 655} <= sizes
    assert any(instance.webinar and len(instance.participants) > 600 for instance in account.instances)


def test_instances_of_every_type(account: Account) -> None:
    """There are all types, and recurring meetings and webinars have several instances."""
    counts = Counter((instance.id, instance.type) for instance in account.instances)

    assert {5, 9, 8, 3, 4, 2, 1} == {instance.type for instance in account.instances}
    assert any(count > 5 and type_ == 8 for (_, type_), count in counts.items())
    assert any(count > 1 and type_ == 9 for (_, type_), count in counts.items())


def test_instances_at_month_ends(account: Account) -> None:
    starts = {f"{instance.start_time:%Y-%m-%d %H:%M}" for instance in account.instances}

    assert {"2026-02-28 23:59", "2026-03-01 00:00", "2025-12-31 23:59", "2026-01-01 00:00"} <= starts


def test_guest_rejoins_without_id(account: Account) -> None:
    instance = unusual_instance(account)
    guest = [visit for visit in instance.participants if visit.name == GUEST]

    assert len(guest) >= 3
    assert {(visit.id, visit.user_email) for visit in guest} == {("", "")}
    assert len({visit.user_id for visit in guest}) == len(guest)


def unusual_instance(account: Account) -> Instance:
    return next(each for each in account.instances if GUEST in {visit.name for visit in each.participants})


def test_visits_of_every_variation(account: Account) -> None:
    all_visits = list(visits(account))

    assert {visit.status for visit in all_visits} == {"in_meeting", "in_waiting_room"}
    assert {0, 1, 2, 3, 6, 9} == {visit.fraction_digits for visit in all_visits}
    assert any(visit.leave_time is None for visit in all_visits)
    assert any("leave_time" in visit.omitted_keys for visit in all_visits)
    assert any(visit.customer_key for visit in all_visits)
    assert any(visit.registrant_id for visit in all_visits)
    assert any(visit.name == "" for visit in all_visits)
    assert any(visit.attentiveness_score == "" for visit in all_visits)
    assert {"27510336", "Dk8/qZ1xV2cB3nM4lK5j+g=="} <= {visit.bo_mtg_id for visit in all_visits}


def test_names_in_many_scripts(account: Account) -> None:
    names = "".join(visit.name for visit in visits(account))

    for character in ("ë", "さ", "Г", "ש", "ر", "李", "🎉", "\u200d", "\u200f", "\u0308"):
        assert character in names


def test_polls_qa_and_surveys(account: Account) -> None:
    """There are several answers per person, and anonymous ones."""
    polls = [response for instance in account.instances for response in instance.polls]
    askers = [asker for instance in account.instances for asker in instance.qa]
    surveys = [instance.survey for instance in account.instances if instance.survey]

    assert any(len(response.answers) > 1 for response in polls)
    assert any((response.name, response.email) == ("Anonymous Attendee", "") for response in polls)
    assert any(question.live_answered for asker in askers for question in asker.questions)
    assert any(len(question.answers) > 1 for asker in askers for question in asker.questions)
    assert any(len(survey.responses) > 1 for survey in surveys)


def test_instances_with_optional_fields(account: Account) -> None:
    assert any(instance.custom_keys for instance in account.instances)
    assert any(instance.tracking_fields for instance in account.instances)
    assert any(instance.omitted_keys for instance in account.instances)


def test_idle_hosts_hold_nothing(account: Account) -> None:
    hosting = {instance.host.id for instance in account.instances}

    assert [host.id in hosting for host in account.hosts] == [True] * 6 + [False] * 2


def test_account_records_of_every_kind(account: Account) -> None:
    assert {leg.report_type for leg in account.telephone_legs} == {"1", "2", "3"}
    assert {entry.type for entry in account.activities} == {"Sign in", "Sign out"}
    assert len(account.billing_reports) == 6
    assert all(report.invoices for report in account.billing_reports)
    assert {event.webinar for event in account.upcoming_events} == {True, False}
    assert max(each.day for each in account.recording_storage) == TODAY - timedelta(days=1)
    assert len(account.operation_logs) > 100
    assert {entry.type for entry in account.meeting_activities} == set(get_args(MeetingActivityType))
    assert all(support.request_time < support.start_time for support in account.remote_supports)
    assert any(support.end_time - support.start_time > timedelta(hours=1) for support in account.remote_supports)


def test_meetings_of_every_kind(account: Account) -> None:
    meetings = account.scheduled_meetings

    assert {meeting.host.id for meeting in meetings} == {host.id for host in account.hosts[:6]}
    assert {meeting.type for meeting in meetings} == {2, 3, 8}
    assert len({meeting.id for meeting in meetings}) == len(meetings)
    assert {650, 300, 31, 1} <= {len(meeting.registrants) for meeting in meetings}
    assert any(len(meeting.agenda) > 250 for meeting in meetings)
    assert any(meeting.polls for meeting in meetings)
    assert any(meeting.survey for meeting in meetings)
    assert any(meeting.settings["use_pmi"] for meeting in meetings)
    assert {(template.host is None, template.webinar) for template in account.templates} == {
        (True, False),
        (False, False),
        (False, True),
    }
    assert {host.pac_accounts is None for host in account.hosts} == {True, False}


def test_webinars_of_every_kind(account: Account) -> None:
    webinars = account.scheduled_webinars
    registrants = [registrant for webinar in webinars for registrant in webinar.registrants]
    numbers = [each.id for each in (*webinars, *account.scheduled_meetings)]

    assert {webinar.type for webinar in webinars} == {5, 6, 9}
    assert {name for webinar in webinars for name in webinar.settings} == {"approval_type"}
    assert all(webinar.host.has("webinars") for webinar in webinars)
    assert len(set(numbers)) == len(numbers)
    assert any(webinar.panelists and webinar.tracking_sources for webinar in webinars)
    assert any(webinar.polls and webinar.survey and webinar.livestream.stream_url for webinar in webinars)
    assert {each.status for each in registrants} == {"approved", "pending", "denied", "cancelled"}
    assert any(each.source_id for each in registrants)
    assert any(each.language for each in registrants)


def test_held_numbers_are_scheduled(account: Account) -> None:
    """A number that was held is scheduled with the same host and type; some people registered, others could not."""
    held = {each.id: each for each in account.instances if not each.one_person}
    scheduled = [each for each in (*account.scheduled_meetings, *account.scheduled_webinars) if each.id in held]

    assert [(each.host, each.type) for each in scheduled] == [
        (held[each.id].host, held[each.id].type) for each in scheduled
    ]
    assert {(each.type, each.registration_enabled) for each in scheduled} == {
        (2, True), (8, True), (3, False), (5, True), (9, True)
    }  # fmt: skip
    assert len(scheduled) > len(account.hosts)


def test_registrants_of_every_status(account: Account) -> None:
    """Within a meeting, ids and e-mail addresses are unique."""
    registrants = [registrant for meeting in account.scheduled_meetings for registrant in meeting.registrants]

    assert {each.status for each in registrants} == {"approved", "pending", "denied", "cancelled"}
    assert all(
        len({each.id for each in meeting.registrants} | {each.email for each in meeting.registrants})
        == 2 * len(meeting.registrants)
        for meeting in account.scheduled_meetings
    )
    assert any(each.participant_pin_code for each in registrants)
    assert any(each.custom_questions for each in registrants)


def test_summaries_of_every_kind(account: Account) -> None:
    summaries = [instance.summary for instance in account.instances if instance.summary]

    assert {summary.markdown_only for summary in summaries} == {True, False}
    assert {summary.edited for summary in summaries} == {True, False}
    assert any(summary.withheld for summary in summaries)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2025, 3, 31), date(2026, 1, 1), date(2026, 8, 31)])
def test_any_day_can_be_today(today: date) -> None:
    account = Account.simulated(today=today)

    assert all(instance.day < today for instance in account.instances)
    assert account.instances == account.instances_between(date.min, date.max)


def test_sizes_are_parameters() -> None:
    account = Account.simulated(today=TODAY, hosts=3, idle_hosts=0, months=1, instances_per_month=10)

    assert len({instance.host.id for instance in account.instances}) == 3
    assert len(account.instances) < 40
    assert Account.simulated(today=TODAY, hosts=1, idle_hosts=1).instances == []


@pytest.mark.parametrize(
    "add",
    [
        pytest.param(lambda: Account.simulated(hosts=-1), id="hosts"),
        pytest.param(lambda: Account.simulated(instances_per_month=-1), id="instances"),
        pytest.param(lambda: Account().add_instance(participants=-1), id="participants"),
        pytest.param(lambda: Account().add_instance(qa=-1), id="qa"),
        pytest.param(lambda: Account().add_meeting(registrants=-1), id="registrants"),
        pytest.param(lambda: Account().add_meeting(polls=-1), id="polls"),
    ],
)
def test_negative_count_fails(add: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        add()
