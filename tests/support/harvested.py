"""The rows that a harvest of an account must store, derived from the account itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

from zoomasync import month_ranges
from zoomasync.harvest.columns import KEY_COLUMNS, LINEAGE_COLUMNS, SNAPSHOT_COLUMNS
from zoomasync.harvest.streams import STREAMS
from zoomasync.testing import Account, Asker, Host, Instance, PollResponse, Visit

Cells = dict[str, object]
Tables = dict[str, list[Cells]]

_OF_THE_RUN = {column.name for column in (KEY_COLUMNS[0], *LINEAGE_COLUMNS, *SNAPSHOT_COLUMNS)}


def stored(path: Path) -> Tables:
    """Return the rows of every table of a store, in the order of their keys, with `_extra` where it is not null.

    The columns that depend on the run are left out.
    """
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        tables = {
            name: [
                {
                    column: row[column]
                    for column in row.keys()  # noqa: SIM118
                    if column not in _OF_THE_RUN and (column != "_extra" or row[column] is not None)
                }
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
    """Return the rows that a harvest of *account* must store by table, in the order of their keys.

    It finds the instances by host.
    """
    reported = [instance for instance in account.instances_between(from_, to) if instance.participants_count > 1]
    meetings = [instance for instance in reported if not instance.webinar]
    webinars = [instance for instance in reported if instance.webinar]
    return {
        "users": _keyed(_host_rows(account, from_, to)),
        "user_meetings": _keyed(_meeting_rows(account, from_, to)),
        "history_meetings": [],
        "meeting": _reports(meetings, _details),
        "meeting_participants": _reports(meetings, _visits),
        "meeting_polls": _reports(meetings, _polls),
        "meeting_qa": _reports(meetings, _qa),
        "meeting_survey": _reports(meetings, _survey),
        "webinar": _reports(webinars, _details),
        "webinar_participants": _reports(webinars, _visits),
        "webinar_polls": _reports(webinars, _polls),
        "webinar_qa": _reports(webinars, _qa),
        "webinar_survey": _reports(webinars, _survey),
    }


def _keyed(parts: Iterable[tuple[str, list[Cells]]]) -> list[Cells]:
    return [{"_part": key, "_seq": seq, **cells} for key, rows in sorted(parts) for seq, cells in enumerate(rows)]


def _reports(instances: list[Instance], rows: Callable[[Instance], list[Cells]]) -> list[Cells]:
    return _keyed((instance.uuid, rows(instance)) for instance in instances)


def _host_rows(account: Account, from_: date, to: date) -> Iterable[tuple[str, list[Cells]]]:
    for first, last in month_ranges(from_, to):
        yield (
            f"{first:%Y-%m}",
            [_host(host, instances) for host, instances in _active(account, first, last) if instances],
        )


def _active(account: Account, first: date, last: date) -> Iterable[tuple[Host, list[Instance]]]:
    for host in account.hosts:
        instances = account.instances_between(first, last, host=host)
        yield host, [instance for instance in instances if instance.participants_count > 1]


def _host(host: Host, instances: list[Instance]) -> Cells:
    return {
        "id": host.id,
        "email": host.email,
        "user_name": host.name,
        "type": host.type,
        "dept": host.dept,
        "meetings": len(instances),
        "participants": sum(instance.participants_count for instance in instances),
        "meeting_minutes": sum(instance.total_minutes for instance in instances),
        "custom_attributes": _json([{"key": a.key, "name": a.name, "value": a.value} for a in host.custom_attributes]),
    }


def _meeting_rows(account: Account, from_: date, to: date) -> Iterable[tuple[str, list[Cells]]]:
    for first, last in month_ranges(from_, to):
        for host, instances in _active(account, first, last):
            if instances:
                yield f"{host.id}/{first:%Y-%m}", [_user_meeting(account, instance) for instance in instances]


def _user_meeting(account: Account, instance: Instance) -> Cells:
    host = instance.host
    own = [visit for visit in instance.participants if visit.id == host.id]
    joined = [visit for visit in own if visit.status == "in_meeting"]
    waited = [visit.join_time for visit in own if visit.status == "in_waiting_room"] if joined else []
    left = [visit.leave_time for visit in joined if visit.leave_time]
    cells: Cells = {
        "uuid": instance.uuid,
        "id": instance.id,
        "type": instance.type,
        "topic": instance.topic,
        "user_name": host.name,
        "user_email": host.email,
        "host_name": host.name,
        "host_organization": account.name,
        "source": instance.source,
        "session_key": instance.session_key,
        "start_time": _utc(instance.start_time),
        "end_time": _utc(instance.end_time),
        "schedule_time": _to_the_minute(instance.schedule_time),
        "join_time": _to_the_minute(min((visit.join_time for visit in joined), default=None)),
        "leave_time": _to_the_minute(max(left, default=None)),
        "join_waiting_room_time": _to_the_minute(min(waited, default=None)),
        "duration": instance.duration,
        "total_minutes": instance.total_minutes,
        "participants_count": instance.participants_count,
        "participants_count_my_account": len(
            {
                visit.person_key
                for visit in instance.participants
                if visit.internal_user and visit.status == "in_meeting"
            }
        ),
        "has_chat": instance.has_chat,
        "has_recording": instance.has_recording,
        "has_screen_share": instance.has_screen_share,
        "meeting_encryption_status": instance.meeting_encryption_status,
        "custom_keys": _json([{"key": key.key, "value": key.value} for key in instance.custom_keys]),
    }
    return {**cells, **dict.fromkeys(instance.omitted_keys & cells.keys())}


def _details(instance: Instance) -> list[Cells]:
    return [
        {
            "uuid": instance.uuid,
            "id": instance.id,
            "type": instance.type,
            "topic": instance.topic,
            "host_id": instance.host.id,
            "user_name": instance.host.name,
            "user_email": instance.host.email,
            "dept": instance.host.dept,
            "start_time": _utc(instance.start_time),
            "end_time": _utc(instance.end_time),
            "duration": instance.duration,
            "total_minutes": instance.total_minutes,
            "participants_count": instance.participants_count,
            "custom_keys": _json([{"key": key.key, "value": key.value} for key in instance.custom_keys]),
            "tracking_fields": _json([{"field": f.field, "value": f.value} for f in instance.tracking_fields]),
        }
    ]


def _visits(instance: Instance) -> list[Cells]:
    return [_visit(visit) for visit in instance.participants]


def _visit(visit: Visit) -> Cells:
    cells: Cells = {
        "id": visit.id,
        "user_id": visit.user_id,
        "name": visit.name,
        "user_email": visit.user_email,
        "join_time": _utc(visit.join_time, visit.fraction_digits),
        "leave_time": _utc(visit.leave_time, visit.fraction_digits),
        "duration": visit.duration,
        "registrant_id": visit.registrant_id,
        "failover": visit.failover,
        "status": visit.status,
        "participant_user_id": visit.id,
        "customer_key": visit.customer_key,
        "bo_mtg_id": visit.bo_mtg_id,
    }
    if visit.attentiveness_score is not None:  # an extra field: the reference does not have it
        cells["_extra"] = _json({"attentiveness_score": visit.attentiveness_score})
    return {**cells, **dict.fromkeys(visit.omitted_keys & cells.keys())}


def _polls(instance: Instance) -> list[Cells]:
    report = {
        "id": instance.id,
        "uuid": instance.uuid,
        "start_time": _utc(instance.start_time, instance.fraction_digits),
    }
    return [{**report, **_respondent(response)} for response in instance.polls]


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


def _qa(instance: Instance) -> list[Cells]:
    report = {"id": instance.id, "uuid": instance.uuid, "start_time": _utc(instance.start_time)}
    return [{**report, **_asker(asker)} for asker in instance.qa]


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


def _survey(instance: Instance) -> list[Cells]:
    survey = instance.survey
    if survey is None:
        return []
    return [
        {
            f"{'webinar' if instance.webinar else 'meeting'}_id": instance.id,
            f"{'webinar' if instance.webinar else 'meeting'}_uuid": instance.uuid,
            "start_time": _utc(instance.start_time, instance.fraction_digits),
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
    """Return a time as the store has it, if the response has *digits* digits of a second."""
    if moment is None:
        return None
    unit = 10 ** max(0, 6 - digits)
    return moment.replace(microsecond=moment.microsecond // unit * unit).isoformat().replace("+00:00", "Z")


def _to_the_minute(moment: datetime | None) -> str | None:
    return _utc(moment.replace(second=0, microsecond=0)) if moment else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
