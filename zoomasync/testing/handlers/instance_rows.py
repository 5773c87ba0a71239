"""Sessions as Zoom writes them in JSON, one function a kind of row."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import TypeAlias

from ..account.host import Host
from ..account.instance import Asker, PollResponse, Question, Session, Stay, Survey, SurveyResponse
from ..protocol.times import iso, slashed

Row: TypeAlias = dict[str, object]


def past_meeting(session: Session) -> Row:
    """Write the answer of `GET /past_meetings/{meetingId}`."""
    return {
        "id": session.id,
        "uuid": session.uuid,
        "host_id": session.host.id,
        "user_name": session.host.name,
        "user_email": session.host.email,
        "source": session.source,
        "has_meeting_summary": session.has_meeting_summary,
        **_usage(session),
    }


def instance(session: Session) -> Row:
    """Write one instance of a recurring meeting."""
    return {"uuid": session.uuid, "start_time": iso(session.start_time)}


def past_participant(stay: Stay) -> Row:
    """Write one stay for the past-meetings listing; `registrant_id` comes for registrants alone."""
    row: Row = {**_stay(stay), "internal_user": stay.internal_user}
    if stay.registrant_id:
        row["registrant_id"] = stay.registrant_id
    return _without(row, stay.absent)


def past_polls(session: Session) -> Row:
    """Write all poll answers of a past meeting: whole seconds, no first and last names."""
    return {
        "id": session.id,
        "uuid": session.uuid,
        "start_time": iso(session.start_time),
        "questions": [
            {"name": each.name, "email": each.email, "question_details": _poll_details(each, digits=0)}
            for each in session.polls
        ],
    }


def past_qa(session: Session) -> Row:
    """Write the Q&A of a past meeting: each question with its answers joined into one text."""
    return {
        "id": session.id,
        "uuid": session.uuid,
        "start_time": iso(session.start_time),
        "questions": [
            {
                "name": asker.name,
                "email": asker.email,
                "question_details": [{"question": q.question, "answer": _joined(q)} for q in asker.questions],
            }
            for asker in session.qa
        ],
    }


def report_session(session: Session) -> Row:
    """Write the detail report of a meeting or a webinar; the two look alike."""
    return {
        "id": session.id,
        "uuid": session.uuid,
        "user_name": session.host.name,
        "user_email": session.host.email,
        "custom_keys": _custom_keys(session),
        "tracking_fields": [{"field": each.field, "value": each.value} for each in session.tracking_fields],
        **_usage(session),
    }


def report_participant(stay: Stay) -> Row:
    """Write one stay for the reports, as asked without `include_fields`."""
    row: Row = {**_stay(stay), "participant_user_id": stay.id, "customer_key": stay.customer_key}
    if stay.bo_mtg_id is not None:
        row["bo_mtg_id"] = stay.bo_mtg_id
    if stay.attentiveness_score is not None:
        row["attentiveness_score"] = stay.attentiveness_score
    return _without(row, stay.absent)


def report_registrant(stay: Stay) -> Row:
    """Write one stay for the reports, as asked with `include_fields=registrant_id`."""
    return {**report_participant(stay), "registrant_id": stay.registrant_id}


def report_polls(session: Session) -> Row:
    """Write all poll answers of a session: milliseconds, first and last names."""
    return {
        "id": session.id,
        "uuid": session.uuid,
        "start_time": iso(session.start_time, session.fraction_digits),
        "questions": [
            {**_respondent(each), "question_details": _poll_details(each, digits=3)} for each in session.polls
        ],
    }


def report_qa(session: Session) -> Row:
    """Write the Q&A of a session with every single answer."""
    return {
        "id": session.id,
        "uuid": session.uuid,
        "start_time": iso(session.start_time),
        "questions": [_asker(each) for each in session.qa],
    }


def report_survey(session: Session) -> Row:
    """Write the survey of a session; without one, its id and name are empty text and its answers an empty list."""
    survey = session.survey or Survey(id="", name="")
    return {
        "meeting_id": session.id,
        "meeting_uuid": session.uuid,
        "start_time": iso(session.start_time, session.fraction_digits),
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


def user_meeting(session: Session, user: Host, organization: str) -> Row:
    """Write one session for the list of *user*'s meetings.

    `schedule_time` is missing for an instant meeting, and the join and leave times for one that *user* did not join.
    """
    row: Row = {
        "uuid": session.uuid,
        "id": session.id,
        "type": session.type,
        "topic": session.topic,
        "user_name": user.name,
        "user_email": user.email,
        "host_name": session.host.name,
        "host_organization": organization,
        "start_time": iso(session.start_time),
        "end_time": iso(session.end_time),
        "duration": session.duration,
        "total_minutes": session.total_minutes,
        "participants_count": session.participants_count,
        "participants_count_my_account": _count_own(session),
        "source": session.source,
        "session_key": session.session_key,
        "has_chat": session.has_chat,
        "has_recording": session.has_recording,
        "has_screen_share": session.has_screen_share,
        "meeting_encryption_status": session.meeting_encryption_status,
        "custom_keys": _custom_keys(session),
        **_own_times(session, user),
    }
    if session.schedule_time:
        row["schedule_time"] = slashed(session.schedule_time)
    return _without(row, session.absent)


def host_usage(host: Host, sessions: Collection[Session]) -> Row:
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
        **_sums(sessions),
    }


def day_usage(day: date, new_users: int, sessions: Collection[Session]) -> Row:
    """Write one day of the daily usage report."""
    return {"date": day.isoformat(), "new_users": new_users, **_sums(sessions)}


def _usage(session: Session) -> Row:
    return {
        "topic": session.topic,
        "type": session.type,
        "start_time": iso(session.start_time),
        "end_time": iso(session.end_time),
        "duration": session.duration,
        "total_minutes": session.total_minutes,
        "participants_count": session.participants_count,
        "dept": session.host.dept,
    }


def _sums(sessions: Collection[Session]) -> Row:
    return {
        "meetings": len(sessions),
        "participants": sum(each.participants_count for each in sessions),
        "meeting_minutes": sum(each.total_minutes for each in sessions),
    }


def _stay(stay: Stay) -> Row:
    return {
        "id": stay.id,
        "user_id": stay.user_id,
        "name": stay.name,
        "user_email": stay.user_email,
        "join_time": iso(stay.join_time, stay.fraction_digits),
        "leave_time": iso(stay.leave_time, stay.fraction_digits),
        "duration": stay.duration,
        "failover": stay.failover,
        "status": stay.status,
    }


def _own_times(session: Session, user: Host) -> Row:
    own = [stay for stay in session.participants if stay.id == user.id]
    joined = [stay for stay in own if stay.status == "in_meeting"]
    if not joined:
        return {}
    waiting = [stay.join_time for stay in own if stay.status == "in_waiting_room"]
    return {
        "join_time": slashed(_first(stay.join_time for stay in joined)),
        "leave_time": slashed(max((stay.leave_time for stay in joined if stay.leave_time), default=None)),
        "join_waiting_room_time": slashed(_first(waiting)),
    }


def _first(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)


def _count_own(session: Session) -> int:
    return len({stay.person for stay in session.participants if stay.internal_user and stay.status == "in_meeting"})


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


def _custom_keys(session: Session) -> list[Row]:
    return [{"key": each.key, "value": each.value} for each in session.custom_keys]


def _without(row: Row, absent: frozenset[str]) -> Row:
    return {key: value for key, value in row.items() if key not in absent} if absent else row
