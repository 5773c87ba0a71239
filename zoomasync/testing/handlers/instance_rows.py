"""Past meetings and webinars in the JSON format of Zoom's API: one function per kind of row.

A dataclass whose fields are those of a row, in the same order, is encoded as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TypeAlias

from ..account.host import Host
from ..account.instance import (
    Instance,
    PollAnswer,
    PollResponse,
    Question,
    Survey,
    SurveyAnswer,
    SurveyResponse,
    Visit,
)
from ..protocol.times import iso, slashed

Row: TypeAlias = dict[str, object]


def past_meeting_body(instance: Instance) -> Row:
    """Return the body of `GET /past_meetings/{meetingId}`."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "host_id": instance.host.id,
        "user_name": instance.host.name,
        "user_email": instance.host.email,
        "source": instance.source,
        "has_meeting_summary": instance.has_meeting_summary,
        **_usage(instance),
    }


def instance_row(instance: Instance) -> Row:
    """Return one row of the list of a meeting's instances."""
    return {"uuid": instance.uuid, "start_time": iso(instance.start_time)}


def past_participant_row(visit: Visit) -> Row:
    """Return one visit for `/past_meetings`; only a registrant's has a `registrant_id`."""
    row: Row = {**_visit(visit), "internal_user": visit.internal_user}
    if visit.registrant_id:
        row["registrant_id"] = visit.registrant_id
    return without_keys(row, visit.omitted_keys)


def past_polls_body(instance: Instance) -> Row:
    """Return the poll answers for `/past_meetings`, with times in whole seconds."""
    return {**_head(instance), "questions": _poll_rows(instance, digits=0)}


def past_qa_body(instance: Instance) -> Row:
    """Return the Q&A for `/past_meetings`, with the answers to a question joined into one text."""
    return {
        **_head(instance),
        "questions": [
            {
                "name": asker.name,
                "email": asker.email,
                "question_details": [
                    {"question": each.question, "answer": _joined_answers(each)} for each in asker.questions
                ],
            }
            for asker in instance.qa
        ],
    }


def report_body(instance: Instance) -> Row:
    """Return the body of `/report/meetings/{meetingId}` and of `/report/webinars/{webinarId}`."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "host_id": instance.host.id,
        "user_name": instance.host.name,
        "user_email": instance.host.email,
        "custom_keys": instance.custom_keys,
        "tracking_fields": instance.tracking_fields,
        **_usage(instance),
    }


def report_participant_row(visit: Visit) -> Row:
    """Return one visit for the reports, in the form without `include_fields`."""
    row: Row = {**_visit(visit), "participant_user_id": visit.id, "customer_key": visit.customer_key}
    if visit.bo_mtg_id is not None:
        row["bo_mtg_id"] = visit.bo_mtg_id
    if visit.attentiveness_score is not None:
        row["attentiveness_score"] = visit.attentiveness_score
    return without_keys(row, visit.omitted_keys)


def report_registrant_row(visit: Visit) -> Row:
    """Return one visit for the reports, in the form with `include_fields=registrant_id`."""
    return {**report_participant_row(visit), "registrant_id": visit.registrant_id}


def report_polls_body(instance: Instance) -> Row:
    """Return the poll answers for the reports, with times in milliseconds."""
    return {**_head(instance, instance.fraction_digits), "questions": _poll_rows(instance, digits=3)}


def report_qa_body(instance: Instance) -> Row:
    """Return the Q&A for the reports, with each answer in full."""
    return {
        **_head(instance),
        "questions": [
            {
                "user_id": asker.user_id,
                "name": asker.name,
                "email": asker.email,
                "question_details": [_question_row(each) for each in asker.questions],
            }
            for asker in instance.qa
        ],
    }


def report_survey_body(instance: Instance) -> Row:
    """Return the survey for the reports; without a survey, id and name are empty text and there are no answers."""
    survey, kind = instance.survey or Survey(id="", name=""), "webinar" if instance.webinar else "meeting"
    return {
        f"{kind}_id": instance.id,
        f"{kind}_uuid": instance.uuid,
        "start_time": iso(instance.start_time, instance.fraction_digits),
        "survey_id": survey.id,
        "survey_name": survey.name,
        "survey_answers": [
            {**_respondent(each), "answer_details": _answers(each.answers, digits=3)} for each in survey.responses
        ],
    }


def user_meeting_row(instance: Instance, user: Host, organization: str) -> Row:
    """Return one row of the list of *user*'s meetings.

    `schedule_time` is missing for an instant meeting, and the join and leave times for one that *user* did not join.
    """
    row: Row = {
        "uuid": instance.uuid,
        "id": instance.id,
        "type": instance.type,
        "topic": instance.topic,
        "user_name": user.name,
        "user_email": user.email,
        "host_name": instance.host.name,
        "host_organization": organization,
        "start_time": iso(instance.start_time),
        "end_time": iso(instance.end_time),
        "duration": instance.duration,
        "total_minutes": instance.total_minutes,
        "participants_count": instance.participants_count,
        "participants_count_my_account": _own_account_count(instance),
        "source": instance.source,
        "session_key": instance.session_key,
        "has_chat": instance.has_chat,
        "has_recording": instance.has_recording,
        "has_screen_share": instance.has_screen_share,
        "meeting_encryption_status": instance.meeting_encryption_status,
        "custom_keys": instance.custom_keys,
        **_visit_times(instance, user),
    }
    if instance.schedule_time:
        row["schedule_time"] = slashed(instance.schedule_time)
    return without_keys(row, instance.omitted_keys)


def host_usage_row(host: Host, instances: Collection[Instance]) -> Row:
    """Return one row of the report on active and inactive hosts."""
    return {
        "id": host.id,
        "email": host.email,
        "user_name": host.name,
        "type": host.type,
        "dept": host.dept,
        "custom_attributes": host.custom_attributes,
        **_totals(instances),
    }


def day_usage_row(day: date, new_users: int, instances: Collection[Instance]) -> Row:
    """Return one row of the daily usage report."""
    return {"date": day, "new_users": new_users, **_totals(instances)}


def _head(instance: Instance, fraction_digits: int = 0) -> Row:
    return {"id": instance.id, "uuid": instance.uuid, "start_time": iso(instance.start_time, fraction_digits)}


def _usage(instance: Instance) -> Row:
    return {
        "topic": instance.topic,
        "type": instance.type,
        "start_time": iso(instance.start_time),
        "end_time": iso(instance.end_time),
        "duration": instance.duration,
        "total_minutes": instance.total_minutes,
        "participants_count": instance.participants_count,
        "dept": instance.host.dept,
    }


def _totals(instances: Collection[Instance]) -> Row:
    return {
        "meetings": len(instances),
        "participants": sum(each.participants_count for each in instances),
        "meeting_minutes": sum(each.total_minutes for each in instances),
    }


def _visit(visit: Visit) -> Row:
    return {
        "id": visit.id,
        "user_id": visit.user_id,
        "name": visit.name,
        "user_email": visit.user_email,
        "join_time": iso(visit.join_time, visit.fraction_digits),
        "leave_time": iso(visit.leave_time, visit.fraction_digits),
        "duration": visit.duration,
        "failover": visit.failover,
        "status": visit.status,
    }


def _visit_times(instance: Instance, user: Host) -> Row:
    own = [visit for visit in instance.participants if visit.id == user.id]
    joined = [visit for visit in own if visit.status == "in_meeting"]
    if not joined:
        return {}
    waiting = [visit.join_time for visit in own if visit.status == "in_waiting_room"]
    return {
        "join_time": slashed(min(visit.join_time for visit in joined)),
        "leave_time": slashed(max((visit.leave_time for visit in joined if visit.leave_time), default=None)),
        "join_waiting_room_time": slashed(min(waiting, default=None)),
    }


def _own_account_count(instance: Instance) -> int:
    return len(
        {visit.person_key for visit in instance.participants if visit.internal_user and visit.status == "in_meeting"}
    )


def _poll_rows(instance: Instance, *, digits: int) -> list[Row]:
    return [{**_respondent(each), "question_details": _answers(each.answers, digits=digits)} for each in instance.polls]


def _respondent(response: PollResponse | SurveyResponse) -> Row:
    return without_keys(vars(response), {"answers"})


def _answers(answers: Iterable[PollAnswer | SurveyAnswer], *, digits: int) -> list[Row]:
    return [{**vars(each), "date_time": iso(each.date_time, digits)} for each in answers]


def _question_row(question: Question) -> Row:
    return {
        "question": question.question,
        "question_id": question.question_id,
        "create_time": iso(question.create_time, 3),
        "question_status": question.question_status,
        "answer": _joined_answers(question),
        "answer_details": [{**vars(each), "create_time": iso(each.create_time, 3)} for each in question.answers],
    }


def _joined_answers(question: Question) -> str:
    return "live answered" if question.live_answered else ";".join(each.content for each in question.answers)


def without_keys(row: Mapping[str, object], omitted_keys: Collection[str]) -> Row:
    """Return *row* without the *omitted_keys*."""
    return {key: value for key, value in row.items() if key not in omitted_keys}
