"""What a harvest of an account must store: every row of every table, told from the account itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

from zoomasync import months
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, Asker, Host, PollResponse, Session, Stay

Cells = dict[str, object]
Tables = dict[str, list[Cells]]


def stored(path: Path) -> Tables:
    """Return every table of rows of a store, in the order of its keys; `_raw` where there is something in it."""
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        tables = {
            name: [
                {column: row[column] for column in row.keys() if column != "_raw" or row[column] is not None}  # noqa: SIM118
                for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY _part, _seq')  # noqa: S608
            ]
            for name in names
            if name in STREAMS
        }
    connection.close()
    return tables


def partitions(path: Path) -> dict[tuple[str, str], tuple[str, int]]:
    """Return the state and the number of rows of each partition, by stream and key."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT stream, key, state, rows FROM partition").fetchall()
    connection.close()
    return {(stream, key): (state, count) for stream, key, state, count in rows}


def expected(account: Account, from_: date, to: date) -> Tables:
    """Return what a harvest of *account* must hold, table by table, in the order of the keys."""
    seen = [session for session in account.sessions_between(from_, to) if session.participants_count > 1]
    meetings = [session for session in seen if not session.webinar]
    webinars = [session for session in seen if session.webinar]
    return {
        "users": _keyed(_host_rows(account, from_, to)),
        "user_meetings": _keyed(_meeting_rows(account, from_, to)),
        "meeting": _reports(meetings, _details),
        "meeting_participants": _reports(meetings, _stays),
        "meeting_polls": _reports(meetings, _polls),
        "meeting_qa": _reports(meetings, _qa),
        "meeting_survey": _reports(meetings, _survey),
        "webinar": _reports(webinars, _details),
        "webinar_participants": _reports(webinars, _stays),
        "webinar_polls": _reports(webinars, _polls),
    }


def _keyed(parts: Iterable[tuple[str, list[Cells]]]) -> list[Cells]:
    return [{"_part": key, "_seq": seq, **cells} for key, rows in sorted(parts) for seq, cells in enumerate(rows)]


def _reports(sessions: list[Session], rows: Callable[[Session], list[Cells]]) -> list[Cells]:
    return _keyed((session.uuid, rows(session)) for session in sessions)


def _host_rows(account: Account, from_: date, to: date) -> Iterable[tuple[str, list[Cells]]]:
    for first, last in months(from_, to):
        yield (
            f"{first:%Y-%m}",
            [_host(host, sessions) for host, sessions in _active(account, first, last) if sessions],
        )


def _active(account: Account, first: date, last: date) -> Iterable[tuple[Host, list[Session]]]:
    for host in account.hosts:
        sessions = account.sessions_between(first, last, host=host)
        yield host, [session for session in sessions if session.participants_count > 1]


def _host(host: Host, sessions: list[Session]) -> Cells:
    return {
        "id": host.id,
        "email": host.email,
        "user_name": host.name,
        "type": host.type,
        "dept": host.dept,
        "meetings": len(sessions),
        "participants": sum(session.participants_count for session in sessions),
        "meeting_minutes": sum(session.total_minutes for session in sessions),
        "custom_attributes": _json([{"key": a.key, "name": a.name, "value": a.value} for a in host.custom_attributes]),
    }


def _meeting_rows(account: Account, from_: date, to: date) -> Iterable[tuple[str, list[Cells]]]:
    for first, last in months(from_, to):
        for host, sessions in _active(account, first, last):
            if sessions:
                yield f"{host.id}/{first:%Y-%m}", [_user_meeting(account, session) for session in sessions]


def _user_meeting(account: Account, session: Session) -> Cells:
    host = session.host
    own = [stay for stay in session.participants if stay.id == host.id]
    joined = [stay for stay in own if stay.status == "in_meeting"]
    waited = [stay.join_time for stay in own if stay.status == "in_waiting_room"] if joined else []
    left = [stay.leave_time for stay in joined if stay.leave_time]
    cells: Cells = {
        "uuid": session.uuid,
        "id": session.id,
        "type": session.type,
        "topic": session.topic,
        "user_name": host.name,
        "user_email": host.email,
        "host_name": host.name,
        "host_organization": account.name,
        "source": session.source,
        "session_key": session.session_key,
        "start_time": _utc(session.start_time),
        "end_time": _utc(session.end_time),
        "schedule_time": _to_the_minute(session.schedule_time),
        "join_time": _to_the_minute(min((stay.join_time for stay in joined), default=None)),
        "leave_time": _to_the_minute(max(left, default=None)),
        "join_waiting_room_time": _to_the_minute(min(waited, default=None)),
        "duration": session.duration,
        "total_minutes": session.total_minutes,
        "participants_count": session.participants_count,
        "participants_count_my_account": len(
            {stay.person for stay in session.participants if stay.internal_user and stay.status == "in_meeting"}
        ),
        "has_chat": session.has_chat,
        "has_recording": session.has_recording,
        "has_screen_share": session.has_screen_share,
        "meeting_encryption_status": session.meeting_encryption_status,
        "custom_keys": _json([{"key": key.key, "value": key.value} for key in session.custom_keys]),
    }
    return {**cells, **dict.fromkeys(session.absent & cells.keys())}


def _details(session: Session) -> list[Cells]:
    return [
        {
            "uuid": session.uuid,
            "id": session.id,
            "type": session.type,
            "topic": session.topic,
            "user_name": session.host.name,
            "user_email": session.host.email,
            "dept": session.host.dept,
            "start_time": _utc(session.start_time),
            "end_time": _utc(session.end_time),
            "duration": session.duration,
            "total_minutes": session.total_minutes,
            "participants_count": session.participants_count,
            "custom_keys": _json([{"key": key.key, "value": key.value} for key in session.custom_keys]),
            "tracking_fields": _json([{"field": f.field, "value": f.value} for f in session.tracking_fields]),
        }
    ]


def _stays(session: Session) -> list[Cells]:
    return [_stay(stay) for stay in session.participants]


def _stay(stay: Stay) -> Cells:
    cells: Cells = {
        "id": stay.id,
        "user_id": stay.user_id,
        "name": stay.name,
        "user_email": stay.user_email,
        "join_time": _utc(stay.join_time, stay.fraction_digits),
        "leave_time": _utc(stay.leave_time, stay.fraction_digits),
        "duration": stay.duration,
        "registrant_id": stay.registrant_id,
        "failover": stay.failover,
        "status": stay.status,
        "participant_user_id": stay.id,
        "customer_key": stay.customer_key,
        "bo_mtg_id": stay.bo_mtg_id,
    }
    if stay.attentiveness_score is not None:  # which the reference does not know
        cells["_raw"] = _json({"attentiveness_score": stay.attentiveness_score})
    return {**cells, **dict.fromkeys(stay.absent & cells.keys())}


def _polls(session: Session) -> list[Cells]:
    head = {"id": session.id, "uuid": session.uuid, "start_time": _utc(session.start_time, session.fraction_digits)}
    return [{**head, **_respondent(response)} for response in session.polls]


def _respondent(response: PollResponse) -> Cells:
    return {
        "name": response.name,
        "first_name": response.first_name,
        "last_name": response.last_name,
        "email": response.email,
        "question_details": _json(
            [
                {
                    "question": answer.question,
                    "answer": answer.answer,
                    "polling_id": answer.polling_id,
                    "date_time": _utc(answer.date_time, 3),
                }
                for answer in response.answers
            ]
        ),
    }


def _qa(session: Session) -> list[Cells]:
    head = {"id": session.id, "uuid": session.uuid, "start_time": _utc(session.start_time)}
    return [{**head, **_asker(asker)} for asker in session.qa]


def _asker(asker: Asker) -> Cells:
    return {
        "user_id": asker.user_id,
        "name": asker.name,
        "email": asker.email,
        "question_details": _json(
            [
                {
                    "question": question.question,
                    "question_id": question.question_id,
                    "create_time": _utc(question.create_time, 3),
                    "question_status": question.question_status,
                    "answer": "live answered"
                    if question.live_answered
                    else ";".join(answer.content for answer in question.answers),
                    "answer_details": [
                        {
                            "user_id": answer.user_id,
                            "name": answer.name,
                            "email": answer.email,
                            "content": answer.content,
                            "create_time": _utc(answer.create_time, 3),
                            "type": answer.type,
                        }
                        for answer in question.answers
                    ],
                }
                for question in asker.questions
            ]
        ),
    }


def _survey(session: Session) -> list[Cells]:
    survey = session.survey
    if survey is None:
        return []
    return [
        {
            "meeting_id": session.id,
            "meeting_uuid": session.uuid,
            "start_time": _utc(session.start_time, session.fraction_digits),
            "survey_id": survey.id,
            "survey_name": survey.name,
            "name": response.name,
            "first_name": response.first_name,
            "last_name": response.last_name,
            "email": response.email,
            "answer_details": _json(
                [
                    {
                        "question": answer.question,
                        "question_id": answer.question_id,
                        "answer": answer.answer,
                        "date_time": _utc(answer.date_time, 3),
                    }
                    for answer in response.answers
                ]
            ),
        }
        for response in survey.responses
    ]


def _utc(moment: datetime | None, digits: int = 0) -> str | None:
    """Return a time as the store writes it, of which the wire carried *digits* digits of a second."""
    if moment is None:
        return None
    unit = 10 ** max(0, 6 - digits)
    kept = moment.replace(microsecond=moment.microsecond // unit * unit)
    return kept.isoformat().replace("+00:00", "Z")


def _to_the_minute(moment: datetime | None) -> str | None:
    return _utc(moment.replace(second=0, microsecond=0)) if moment else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
