"""The rows of the reports on instances, and of the reports that replace some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from support.harvested_cells import Cells, Harvested, json_text, keyed, utc
from zoomasync.testing import Instance, PollResponse, Question, SurveyResponse, Visit

Rows = Callable[[Instance], list[Cells]]


def of_meetings(rows: Rows) -> Callable[[Harvested], list[Cells]]:
    """Return a function of the rows of a report on meetings."""
    return lambda scope: _keyed(scope.reported(webinars=False), rows)


def of_webinars(rows: Rows) -> Callable[[Harvested], list[Cells]]:
    """Return a function of the rows of a report on webinars."""
    return lambda scope: _keyed(scope.reported(webinars=True), rows)


def _keyed(instances: Iterable[Instance], rows: Rows) -> list[Cells]:
    return keyed((instance.uuid, rows(instance)) for instance in instances)


def details(instance: Instance) -> list[Cells]:
    return [
        {
            **_ended(instance),
            "custom_keys": json_text([{"key": key.key, "value": key.value} for key in instance.custom_keys]),
            "tracking_fields": json_text([{"field": f.field, "value": f.value} for f in instance.tracking_fields]),
        }
    ]


def past_details(instance: Instance) -> list[Cells]:
    summary = instance.has_meeting_summary
    return [{**_ended(instance), "source": instance.source, "has_meeting_summary": summary}]


def _ended(instance: Instance) -> Cells:
    return {
        "uuid": instance.uuid,
        "id": instance.id,
        "type": instance.type,
        "topic": instance.topic,
        "host_id": instance.host.id,
        "user_name": instance.host.name,
        "user_email": instance.host.email,
        "dept": instance.host.dept,
        "start_time": utc(instance.start_time),
        "end_time": utc(instance.end_time),
        "duration": instance.duration,
        "total_minutes": instance.total_minutes,
        "participants_count": instance.participants_count,
    }


def visits(instance: Instance) -> list[Cells]:
    return [_report_visit(visit) for visit in instance.participants]


def past_visits(instance: Instance) -> list[Cells]:
    return [_past_visit(visit) for visit in instance.participants]


def _report_visit(visit: Visit) -> Cells:
    cells: Cells = {
        **_visit(visit),
        "registrant_id": visit.registrant_id,
        "participant_user_id": visit.id,
        "customer_key": visit.customer_key,
        "bo_mtg_id": visit.bo_mtg_id,
    }
    if visit.attentiveness_score is not None:  # an extra field: the reference does not have it
        cells["_extra"] = json_text({"attentiveness_score": visit.attentiveness_score})
    return {**cells, **dict.fromkeys(visit.omitted_keys & cells.keys())}


def _past_visit(visit: Visit) -> Cells:
    cells: Cells = {
        **_visit(visit),
        "registrant_id": visit.registrant_id or None,
        "internal_user": visit.internal_user,
        "group_id": None,
    }
    return {**cells, **dict.fromkeys(visit.omitted_keys & cells.keys())}


def _visit(visit: Visit) -> Cells:
    return {
        "id": visit.id,
        "user_id": visit.user_id,
        "name": visit.name,
        "user_email": visit.user_email,
        "join_time": utc(visit.join_time, visit.fraction_digits),
        "leave_time": utc(visit.leave_time, visit.fraction_digits),
        "duration": visit.duration,
        "failover": visit.failover,
        "status": visit.status,
    }


def polls(instance: Instance) -> list[Cells]:
    report = _head(instance, instance.fraction_digits)
    return [{**report, **_respondent(each), "question_details": _answers(each, 3)} for each in instance.polls]


def past_polls(instance: Instance) -> list[Cells]:
    report = _head(instance)
    return [{**report, **_respondent(each), "question_details": _answers(each, 0)} for each in instance.polls]


def _head(instance: Instance, digits: int = 0) -> Cells:
    return {"id": instance.id, "uuid": instance.uuid, "start_time": utc(instance.start_time, digits)}


def _respondent(response: PollResponse | SurveyResponse) -> Cells:
    return {
        "name": response.name,
        "first_name": response.first_name,
        "last_name": response.last_name,
        "email": response.email,
    }


def _answers(response: PollResponse, digits: int) -> str:
    return json_text(
        [
            {
                "question": answer.question,
                "answer": answer.answer,
                "polling_id": answer.polling_id,
                "date_time": utc(answer.date_time, digits),
            }
            for answer in response.answers
        ]
    )


def qa(instance: Instance) -> list[Cells]:
    return [
        {
            **_head(instance),
            "user_id": asker.user_id,
            "name": asker.name,
            "email": asker.email,
            "question_details": json_text([_question(question) for question in asker.questions]),
        }
        for asker in instance.qa
    ]


def past_qa(instance: Instance) -> list[Cells]:
    return [
        {
            **_head(instance),
            "name": asker.name,
            "email": asker.email,
            "question_details": json_text(
                [{"question": question.question, "answer": _joined(question)} for question in asker.questions]
            ),
        }
        for asker in instance.qa
    ]


def _question(question: Question) -> Cells:
    return {
        "question": question.question,
        "question_id": question.question_id,
        "create_time": utc(question.create_time, 3),
        "question_status": question.question_status,
        "answer": _joined(question),
        "answer_details": [
            {
                "user_id": answer.user_id,
                "name": answer.name,
                "email": answer.email,
                "content": answer.content,
                "create_time": utc(answer.create_time, 3),
                "type": answer.type,
            }
            for answer in question.answers
        ],
    }


def _joined(question: Question) -> str:
    return "live answered" if question.live_answered else ";".join(answer.content for answer in question.answers)


def survey(instance: Instance) -> list[Cells]:
    survey, kind = instance.survey, "webinar" if instance.webinar else "meeting"
    return (
        [
            {
                f"{kind}_id": instance.id,
                f"{kind}_uuid": instance.uuid,
                "start_time": utc(instance.start_time, instance.fraction_digits),
                "survey_id": survey.id,
                "survey_name": survey.name,
                **_respondent(response),
                "answer_details": json_text(
                    [
                        {
                            "question": answer.question,
                            "question_id": answer.question_id,
                            "answer": answer.answer,
                            "date_time": utc(answer.date_time, 3),
                        }
                        for answer in response.answers
                    ]
                ),
            }
            for response in survey.responses
        ]
        if survey
        else []
    )
