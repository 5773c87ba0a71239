"""Sessions as Zoom writes them in JSON, one function a kind of row."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import TypeAlias

from ..account.host import Host
from ..account.instance import Asker, Instance, PollResponse, Question, Survey, SurveyResponse, Visit
from ..protocol.times import iso, slashed

Row: TypeAlias = dict[str, object]


def past_meeting(instance: Instance) -> Row:
    """Write the answer of `GET /past_meetings/{meetingId}`."""
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


def instance(instance: Instance) -> Row:
    """Write one instance of a recurring meeting."""
    return {"uuid": instance.uuid, "start_time": iso(instance.start_time)}


def past_participant(visit: Visit) -> Row:
    """Write one stay for the past-meetings listing; `registrant_id` comes for registrants alone."""
    row: Row = {**_stay(visit), "internal_user": visit.internal_user}
    if visit.registrant_id:
        row["registrant_id"] = visit.registrant_id
    return _without(row, visit.absent)


def past_polls(instance: Instance) -> Row:
    """Write all poll answers of a past meeting: whole seconds, no first and last names."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "start_time": iso(instance.start_time),
        "questions": [
            {"name": each.name, "email": each.email, "question_details": _poll_details(each, digits=0)}
            for each in instance.polls
        ],
    }


def past_qa(instance: Instance) -> Row:
    """Write the Q&A of a past meeting: each question with its answers joined into one text."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "start_time": iso(instance.start_time),
        "questions": [
            {
                "name": asker.name,
                "email": asker.email,
                "question_details": [{"question": q.question, "answer": _joined(q)} for q in asker.questions],
            }
            for asker in instance.qa
        ],
    }


def report_session(instance: Instance) -> Row:
    """Write the detail report of a meeting or a webinar; the two look alike."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "user_name": instance.host.name,
        "user_email": instance.host.email,
        "custom_keys": _custom_keys(instance),
        "tracking_fields": [{"field": each.field, "value": each.value} for each in instance.tracking_fields],
        **_usage(instance),
    }


def report_participant(visit: Visit) -> Row:
    """Write one stay for the reports, as asked without `include_fields`."""
    row: Row = {**_stay(visit), "participant_user_id": visit.id, "customer_key": visit.customer_key}
    if visit.bo_mtg_id is not None:
        row["bo_mtg_id"] = visit.bo_mtg_id
    if visit.attentiveness_score is not None:
        row["attentiveness_score"] = visit.attentiveness_score
    return _without(row, visit.absent)


def report_registrant(visit: Visit) -> Row:
    """Write one stay for the reports, as asked with `include_fields=registrant_id`."""
    return {**report_participant(visit), "registrant_id": visit.registrant_id}


def report_polls(instance: Instance) -> Row:
    """Write all poll answers of a session: milliseconds, first and last names."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "start_time": iso(instance.start_time, instance.fraction_digits),
        "questions": [
            {**_respondent(each), "question_details": _poll_details(each, digits=3)} for each in instance.polls
        ],
    }


def report_qa(instance: Instance) -> Row:
    """Write the Q&A of a session with every single answer."""
    return {
        "id": instance.id,
        "uuid": instance.uuid,
        "start_time": iso(instance.start_time),
        "questions": [_asker(each) for each in instance.qa],
    }


def report_survey(instance: Instance) -> Row:
    """Write the survey of a session; without one, its id and name are empty text and its answers an empty list."""
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
                        "question": detail.question,
                        "question_id": detail.question_id,
                        "answer": detail.answer,
                        "date_time": iso(detail.date_time, 3),
                    }
                    for detail in each.answers
                ],
            }
            for each in survey.responses
        ],
    }


def user_meeting(instance: Instance, user: Host, organization: str) -> Row:
    """Write one session for the list of *user*'s meetings.

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
        "participants_count_my_account": _count_own(instance),
        "source": instance.source,
        "session_key": instance.session_key,
        "has_chat": instance.has_chat,
        "has_recording": instance.has_recording,
        "has_screen_share": instance.has_screen_share,
        "meeting_encryption_status": instance.meeting_encryption_status,
        "custom_keys": _custom_keys(instance),
        **_own_times(instance, user),
    }
    if instance.schedule_time:
        row["schedule_time"] = slashed(instance.schedule_time)
    return _without(row, instance.absent)


def host_usage(host: Host, instances: Collection[Instance]) -> Row:
    """Write one host of the active and inactive hosts report."""
    return {
        "id": host.id,
        "email": host.email,
        "user_name": host.name,
        "type": host.type,
        "dept": host.dept,
        "custom_attributes": [
            {"key": each.key, "name": each.name, "value": each.value} for each in host.custom_attributes
        ],
        **_sums(instances),
    }


def day_usage(day: date, new_users: int, instances: Collection[Instance]) -> Row:
    """Write one day of the daily usage report."""
    return {"date": day.isoformat(), "new_users": new_users, **_sums(instances)}


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


def _sums(instances: Collection[Instance]) -> Row:
    return {
        "meetings": len(instances),
        "participants": sum(each.participants_count for each in instances),
        "meeting_minutes": sum(each.total_minutes for each in instances),
    }


def _stay(visit: Visit) -> Row:
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


def _own_times(instance: Instance, user: Host) -> Row:
    own = [visit for visit in instance.participants if visit.id == user.id]
    joined = [visit for visit in own if visit.status == "in_meeting"]
    if not joined:
        return {}
    waiting = [visit.join_time for visit in own if visit.status == "in_waiting_room"]
    return {
        "join_time": slashed(_first(visit.join_time for visit in joined)),
        "leave_time": slashed(max((visit.leave_time for visit in joined if visit.leave_time), default=None)),
        "join_waiting_room_time": slashed(_first(waiting)),
    }


def _first(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)


def _count_own(instance: Instance) -> int:
    return len(
        {visit.person for visit in instance.participants if visit.internal_user and visit.status == "in_meeting"}
    )


def _respondent(response: PollResponse | SurveyResponse) -> Row:
    return {
        "name": response.name,
        "first_name": response.first_name,
        "last_name": response.last_name,
        "email": response.email,
    }


def _poll_details(response: PollResponse, *, digits: int) -> list[Row]:
    return [
        {
            "question": each.question,
            "answer": each.answer,
            "polling_id": each.polling_id,
            "date_time": iso(each.date_time, digits),
        }
        for each in response.answers
    ]


def _asker(asker: Asker) -> Row:
    return {
        "user_id": asker.user_id,
        "name": asker.name,
        "email": asker.email,
        "question_details": [_question(each) for each in asker.questions],
    }


def _question(question: Question) -> Row:
    return {
        "question": question.question,
        "question_id": question.question_id,
        "create_time": iso(question.create_time, 3),
        "question_status": question.question_status,
        "answer": _joined(question),
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


def _joined(question: Question) -> str:
    return "live answered" if question.live_answered else ";".join(each.content for each in question.answers)


def _custom_keys(instance: Instance) -> list[Row]:
    return [{"key": each.key, "value": each.value} for each in instance.custom_keys]


def _without(row: Row, absent: frozenset[str]) -> Row:
    return {key: value for key, value in row.items() if key not in absent} if absent else row
