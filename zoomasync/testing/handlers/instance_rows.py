"""Past meetings and webinars in the JSON format of Zoom's API: one function per kind of row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TypeAlias

from ..account.host import Host
from ..account.instance import Asker, Instance, PollResponse, Question, Survey, SurveyResponse, Visit
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
    return _without_keys(row, visit.omitted_keys)


def past_polls_body(instance: Instance) -> Row:
    """Return the poll answers for `/past_meetings`, with times in whole seconds and without first and last names."""
    return {
        **_head(instance),
        "questions": [
            {"name": each.name, "email": each.email, "question_details": _poll_answers(each, digits=0)}
            for each in instance.polls
        ],
    }


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
        "user_name": instance.host.name,
        "user_email": instance.host.email,
        "custom_keys": _custom_keys(instance),
        "tracking_fields": [{"field": each.field, "value": each.value} for each in instance.tracking_fields],
        **_usage(instance),
    }


def report_participant_row(visit: Visit) -> Row:
    """Return one visit for the reports, in the form without `include_fields`."""
    row: Row = {**_visit(visit), "participant_user_id": visit.id, "customer_key": visit.customer_key}
    if visit.bo_mtg_id is not None:
        row["bo_mtg_id"] = visit.bo_mtg_id
    if visit.attentiveness_score is not None:
        row["attentiveness_score"] = visit.attentiveness_score
    return _without_keys(row, visit.omitted_keys)


def report_registrant_row(visit: Visit) -> Row:
    """Return one visit for the reports, in the form with `include_fields=registrant_id`."""
    return {**report_participant_row(visit), "registrant_id": visit.registrant_id}


def report_polls_body(instance: Instance) -> Row:
    """Return the poll answers for the reports, with times in milliseconds and with first and last names."""
    return {
        **_head(instance, instance.fraction_digits),
        "questions": [
            {**_respondent(each), "question_details": _poll_answers(each, digits=3)} for each in instance.polls
        ],
    }


def report_qa_body(instance: Instance) -> Row:
    """Return the Q&A for the reports, with each answer in full."""
    return {
        **_head(instance),
        "questions": [_asker_row(each) for each in instance.qa],
    }


def report_survey_body(instance: Instance) -> Row:
    """Return the survey for the reports; without a survey, id and name are empty text and there are no answers."""
    survey = instance.survey or Survey(id="", name="")
    return {
        "meeting_id": instance.id,
        "meeting_uuid": instance.uuid,
        "start_time": iso(instance.start_time, instance.fraction_digits),
        "survey_id": survey.id,
        "survey_name": survey.name,
        "survey_answers": [
            {
                **_respondent(each),
                "answer_details": [
                    {
                        "question": answer.question,
                        "question_id": answer.question_id,
                        "answer": answer.answer,
                        "date_time": iso(answer.date_time, 3),
                    }
                    for answer in each.answers
                ],
            }
            for each in survey.responses
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
        "custom_keys": _custom_keys(instance),
        **_visit_times(instance, user),
    }
    if instance.schedule_time:
        row["schedule_time"] = slashed(instance.schedule_time)
    return _without_keys(row, instance.omitted_keys)


def host_usage_row(host: Host, instances: Collection[Instance]) -> Row:
    """Return one row of the report on active and inactive hosts."""
    return {
        "id": host.id,
        "email": host.email,
        "user_name": host.name,
        "type": host.type,
        "dept": host.dept,
        "custom_attributes": [
            {"key": each.key, "name": each.name, "value": each.value} for each in host.custom_attributes
        ],
        **_totals(instances),
    }


def day_usage_row(day: date, new_users: int, instances: Collection[Instance]) -> Row:
    """Return one row of the daily usage report."""
    return {"date": day.isoformat(), "new_users": new_users, **_totals(instances)}


def _head(instance: Instance, fraction_digits: int = 0) -> Row:
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "start_time": iso(instance.start_time, fraction_digits),
    }


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


def _respondent(response: PollResponse | SurveyResponse) -> Row:
    return {
        "name": response.name,
        "first_name": response.first_name,
        "last_name": response.last_name,
        "email": response.email,
    }


def _poll_answers(response: PollResponse, *, digits: int) -> list[Row]:
    return [
        {
            "question": each.question,
            "answer": each.answer,
            "polling_id": each.polling_id,
            "date_time": iso(each.date_time, digits),
        }
        for each in response.answers
    ]


def _asker_row(asker: Asker) -> Row:
    return {
        "user_id": asker.user_id,
        "name": asker.name,
        "email": asker.email,
        "question_details": [_question_row(each) for each in asker.questions],
    }


def _question_row(question: Question) -> Row:
    return {
        "question": question.question,
        "question_id": question.question_id,
        "create_time": iso(question.create_time, 3),
        "question_status": question.question_status,
        "answer": _joined_answers(question),
        "answer_details": [
            {
                "user_id": each.user_id,
                "name": each.name,
                "email": each.email,
                "content": each.content,
                "create_time": iso(each.create_time, 3),
                "type": each.type,
            }
            for each in question.answers
        ],
    }


def _joined_answers(question: Question) -> str:
    return "live answered" if question.live_answered else ";".join(each.content for each in question.answers)


def _custom_keys(instance: Instance) -> list[Row]:
    return [{"key": each.key, "value": each.value} for each in instance.custom_keys]


def _without_keys(row: Row, omitted_keys: frozenset[str]) -> Row:
    return {key: value for key, value in row.items() if key not in omitted_keys} if omitted_keys else row
