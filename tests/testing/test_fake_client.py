"""The fake's client against the fake."""

from __future__ import annotations

from zoomasync.rate_limits import Plan
from zoomasync.testing import Account, FakeZoom


async def test_client_lists_the_hosts() -> None:
    async with FakeZoom(Account.simulated(), plan=None) as fake, fake.client() as zoom:
        day = fake.today
        hosts = [host.id async for host in zoom.reports.users(day, day)]

    assert hosts == [host.id for host in fake.account.hosts]


async def test_client_has_the_fakes_plan() -> None:
    async with FakeZoom(Account(), plan=Plan.FREE) as fake:
        assert "1/s" in repr(fake.client())
        assert "40/s" in repr(fake.client(plan=Plan.BUSINESS))


async def test_client_lists_throttled_registrants() -> None:
    account = Account()
    meeting = account.add_meeting(registrants=650)
    async with FakeZoom(account, plan=None) as fake, fake.client() as zoom:
        fake.throttle("meetings.registrants.list", on_request=2)
        emails = [registrant.email async for registrant in zoom.meetings.registrants.list(meeting.id)]

    assert emails == [registrant.email for registrant in meeting.registrants]


async def test_client_decodes_a_simulated_account() -> None:
    """Every registrant, poll, survey, template and summary decodes."""
    async with FakeZoom(Account.simulated(), plan=None) as fake, fake.client() as zoom:
        account = fake.account
        numbers = [meeting.id for host in account.hosts async for meeting in zoom.meetings.list(host.id)]
        open_meetings = [meeting for meeting in account.scheduled_meetings if meeting.registration_enabled]
        people = [
            registrant.id
            for meeting in open_meetings
            for status in ("approved", "pending", "denied")
            async for registrant in zoom.meetings.registrants.list(meeting.id, status=status)
        ]
        polls = [len((await zoom.meetings.polls.list(number)).polls) for number in numbers]
        surveys = [(await zoom.meetings.survey.get(number)).custom_survey is not None for number in numbers]
        summaries = [
            (await zoom.meetings.summary(instance.uuid)).summary_title
            for instance in account.instances
            if instance.summary and instance.host.type == 2 and not instance.summary.withheld
        ]

    assert numbers == [meeting.id for meeting in account.scheduled_meetings]
    assert len(people) == sum(each.status != "cancelled" for meeting in open_meetings for each in meeting.registrants)
    assert polls == [len(meeting.polls) for meeting in account.scheduled_meetings]
    assert surveys == [bool(meeting.survey) for meeting in account.scheduled_meetings]
    assert summaries
