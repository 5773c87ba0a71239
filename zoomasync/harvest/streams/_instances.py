"""The streams with one partition per instance: the reports of meetings and webinars."""

from __future__ import annotations

from msgspec import Struct

from ...models.instance_reports import (
    InstanceReport,
    MeetingSurveyReport,
    PollReport,
    PollRespondent,
    QAReport,
    Questioner,
    ReportParticipant,
    SurveyRespondent,
    WebinarSurveyReport,
)
from ...models.past_meetings import PastMeeting, PastParticipant, PastQA, PastQuestioner
from ...models.registrants import Registrant
from ._pages import listing, report
from ._stream import INSTANCES, Fetch, Parent, PartitionBy, Stream


def _stream(
    method: str,
    shape: tuple[type[Struct], ...],
    fetch: Fetch,
    *,
    name: str = "",
    webinar: bool = False,
    size: str | None = None,
    row_key: tuple[str, ...] = (),
    retention: int = 6,
) -> Stream:
    return Stream(
        name=name or method.partition(".")[2],
        method=method,
        shape=shape,
        fetch=fetch,
        partition=PartitionBy.PARENT,
        parent=Parent(table=INSTANCES, key="uuid", day="day", webinar=webinar, size=size),
        row_key=row_key,
        may_be_late=True,
        retention=retention,
    )


_SIZE = "participants_count"

REPORT_STREAMS = (
    _stream("reports.meeting", (InstanceReport,), report(lambda zoom, uuid: zoom.reports.meeting(uuid))),
    _stream(
        "reports.meeting_participants",
        (ReportParticipant,),
        listing(lambda zoom, task: zoom.reports.meeting_participants(task.parent_key, include_fields="registrant_id")),
        size=_SIZE,
    ),
    _stream(
        "reports.meeting_polls",
        (PollReport, PollRespondent),
        report(lambda zoom, uuid: zoom.reports.meeting_polls(uuid), lambda found: found.questions),
    ),
    _stream(
        "reports.meeting_qa",
        (QAReport, Questioner),
        report(lambda zoom, uuid: zoom.reports.meeting_qa(uuid), lambda found: found.questions),
    ),
    _stream(
        "reports.meeting_survey",
        (MeetingSurveyReport, SurveyRespondent),
        report(lambda zoom, uuid: zoom.reports.meeting_survey(uuid), lambda found: found.survey_answers),
    ),
    _stream("reports.webinar", (InstanceReport,), report(lambda zoom, uuid: zoom.reports.webinar(uuid)), webinar=True),
    _stream(
        "reports.webinar_participants",
        (ReportParticipant,),
        listing(lambda zoom, task: zoom.reports.webinar_participants(task.parent_key, include_fields="registrant_id")),
        webinar=True,
        size=_SIZE,
    ),
    _stream(
        "reports.webinar_polls",
        (PollReport, PollRespondent),
        report(lambda zoom, uuid: zoom.reports.webinar_polls(uuid), lambda found: found.questions),
        webinar=True,
    ),
    _stream(
        "reports.webinar_qa",
        (QAReport, Questioner),
        report(lambda zoom, uuid: zoom.reports.webinar_qa(uuid), lambda found: found.questions),
        webinar=True,
    ),
    _stream(
        "reports.webinar_survey",
        (WebinarSurveyReport, SurveyRespondent),
        report(lambda zoom, uuid: zoom.reports.webinar_survey(uuid), lambda found: found.survey_answers),
        webinar=True,
    ),
)
ABSENTEES = _stream(
    "past_webinars.absentees",
    (Registrant,),
    listing(lambda zoom, task: zoom.past_webinars.absentees(task.parent_key)),
    webinar=True,
    row_key=("id",),
    retention=15,
)
PAST_STREAMS = (
    _stream(
        "past_meetings.get",
        (PastMeeting,),
        report(lambda zoom, uuid: zoom.past_meetings.get(uuid)),
        name="past_meeting",
        retention=12,
    ),
    _stream(
        "past_meetings.participants",
        (PastParticipant,),
        listing(lambda zoom, task: zoom.past_meetings.participants(task.parent_key)),
        name="past_participants",
        size=_SIZE,
        retention=12,
    ),
    _stream(
        "past_meetings.polls",
        (PollReport, PollRespondent),
        report(lambda zoom, uuid: zoom.past_meetings.polls(uuid), lambda found: found.questions),
        name="past_polls",
        retention=12,
    ),
    _stream(
        "past_meetings.qa",
        (PastQA, PastQuestioner),
        report(lambda zoom, uuid: zoom.past_meetings.qa(uuid), lambda found: found.questions),
        name="past_qa",
        retention=15,
    ),
)
