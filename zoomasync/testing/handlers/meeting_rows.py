"""Scheduled meetings, their registrants, polls and summaries in the JSON format of Zoom's API."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

from ..account.host import Host
from ..account.instance import Instance, Summary
from ..account.meeting import Occurrence, Poll, Registrant, Registration, ScheduledMeeting
from ..protocol.times import iso
from .instance_rows import Row, without_keys

SITE: Final = "https://northpier.zoom.example"
_LISTED_AGENDA_LENGTH: Final = 250
_CHOICE_QUESTIONS: Final = frozenset({"single", "multiple"})
_UNLISTED_FIELDS: Final = frozenset({"occurrence_ids", "source_id", "language", "participant_pin_code"})
_OFF_BY_DEFAULT: Final = (
    "allow_multiple_devices", "alternative_host_update_polls", "auto_start_ai_companion_questions",
    "auto_start_meeting_summary", "close_registration", "cn_meeting", "device_testing", "enforce_login", "focus_mode",
    "host_save_video_order", "host_video", "in_meeting", "internal_meeting", "join_before_host",
    "meeting_authentication", "mute_upon_entry", "participant_focused_meeting", "participant_video", "private_meeting",
    "push_change_to_calendar", "show_share_button", "use_pmi", "waiting_room", "watermark",
)  # fmt: skip
_OTHER_DEFAULTS: Final[Row] = {
    "alternative_hosts": "",
    "alternative_hosts_email_notification": True,
    "approval_type": 2,
    "approved_or_denied_countries_or_regions": {"enable": False},
    "audio": "both",
    "auto_recording": "none",
    "breakout_room": {"enable": False},
    "continuous_meeting_chat": {"enable": False},
    "email_notification": True,
    "enable_dedicated_group_chat": True,
    "encryption_type": "enhanced_encryption",
    "enforce_login_domains": "",
    "global_dial_in_countries": [],
    "global_dial_in_numbers": [],
    "jbh_time": 0,
    "language_interpretation": {"enable": False},
    "meeting_invitees": [],
    "registrants_confirmation_email": True,
    "registrants_email_notification": True,
    "resources": [],
    "sign_language_interpretation": {"enable": False},
}
_DEFAULTS: Final = dict(sorted({**dict.fromkeys(_OFF_BY_DEFAULT, False), **_OTHER_DEFAULTS}.items()))
"""All settings, in alphabetical order."""


def created_meeting_body(meeting: ScheduledMeeting) -> Row:
    """Return a meeting in full, as in the response to its creation."""
    row: Row = {
        **_common(meeting),
        "host_email": meeting.host.email,
        "status": meeting.status,
        "agenda": meeting.agenda,
        "start_url": f"{SITE}/s/{meeting.id}?zak=zAk{meeting.uuid[:8]}",
        "creation_source": meeting.creation_source,
        "pre_schedule": meeting.pre_schedule,
        "settings": _settings(meeting),
        "tracking_fields": [{**each, "visible": True} for each in meeting.tracking_fields],
        "supportGoLive": True,
        **recurrence_fields(meeting),
    }
    if meeting.password:
        row |= {
            "password": meeting.password,
            "h323_password": meeting.password,
            "pstn_password": meeting.password,
            "encrypted_password": f"eNc{meeting.uuid[:8]}.1",
        }
    if meeting.registration_enabled:
        row["registration_url"] = f"{SITE}/meeting/register/tJ{meeting.id}"
    if meeting.assistant_id:
        row["assistant_id"] = meeting.assistant_id
    if meeting.template_id:
        row["template_id"] = meeting.template_id
    if _has_continuous_chat(meeting):
        row["chat_join_url"] = f"{SITE}/launch/jc/{meeting.id}"
    return row


def recurrence_fields(meeting: ScheduledMeeting) -> Row:
    """Return the recurrence and the occurrences, as far as *meeting* has them."""
    row: Row = {}
    if meeting.recurrence:
        row["recurrence"] = meeting.recurrence
    if meeting.has_occurrences:
        row["occurrences"] = [_occurrence(each) for each in meeting.occurrences]
    return row


def meeting_body(meeting: ScheduledMeeting) -> Row:
    """Return a meeting in full; only the response to its creation has the URL of the registration."""
    return without_keys(created_meeting_body(meeting), {"registration_url"})


def listed_meeting_row(meeting: ScheduledMeeting) -> Row:
    """Return one row of the list of a user's meetings; it contains only the start of a long agenda."""
    return {**_common(meeting), "agenda": meeting.agenda[:_LISTED_AGENDA_LENGTH]}


def upcoming_meeting_row(meeting: ScheduledMeeting, start: datetime, user: Host) -> Row:
    """Return one row of the list of *user*'s upcoming meetings: *meeting* at one of its start times."""
    return {
        "id": meeting.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "start_time": iso(start),
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "created_at": iso(meeting.created_at),
        "join_url": _join_url(meeting),
        "passcode": meeting.password,
        "use_pmi": bool(meeting.settings.get("use_pmi", False)),
        "is_host": meeting.host.id == user.id,
        "is_all_day": False,
    }


def _join_url(meeting: ScheduledMeeting) -> str:
    return f"{SITE}/j/{meeting.id}" + (f"?pwd=pWd{meeting.uuid[:8]}" if meeting.password else "")


def registrant_row(meeting: ScheduledMeeting, registrant: Registrant) -> Row:
    """Return a registrant; only an approved one has a `join_url`."""
    return {
        **without_keys(vars(registrant), _UNLISTED_FIELDS),
        "create_time": iso(registrant.create_time),
        **_join_details(meeting, registrant),
    }


def batch_registration_row(meeting: ScheduledMeeting, registrant: Registrant) -> Row:
    """Return one row of the response to a registration of several people."""
    return {"registrant_id": registrant.id, "email": registrant.email, **_join_details(meeting, registrant)}


def registration_body(meeting: ScheduledMeeting, registrant: Registrant) -> Row:
    """Return the body of the response to a registration; its `id` is the meeting's."""
    row: Row = {
        "id": meeting.id,
        "topic": meeting.topic,
        "registrant_id": registrant.id,
        **_join_details(meeting, registrant),
    }
    if meeting.start_time:
        row["start_time"] = iso(meeting.start_time)
    if meeting.has_occurrences:
        row["occurrences"] = [
            _occurrence(each) for each in meeting.occurrences if registrant.attends(each.occurrence_id)
        ]
    return row


def questions_body(form: Registration) -> Row:
    """Return the registration questions."""
    return {"questions": form.questions, "custom_questions": form.custom_questions}


def poll_row(poll: Poll) -> Row:
    """Return a poll; in a basic poll each question needs an answer, unless the question says otherwise."""
    questions: list[Row] = []
    for question in poll.questions:
        row: Row = {"answer_required": not poll.is_advanced, **question}
        if question.get("type") in _CHOICE_QUESTIONS:
            row.setdefault("show_as_dropdown", False)
        if question.get("type") == "fill_in_the_blank":
            row.setdefault("case_sensitive", False)
        questions.append(row)
    return {**vars(poll), "questions": questions}


def listed_summary_row(instance: Instance) -> Row:
    """Return one row of the list of summaries: the meeting and the times of the summary."""
    start, end = iso(instance.start_time), iso(instance.end_time)
    return {
        "meeting_host_id": instance.host.id,
        "meeting_host_email": instance.host.email,
        "meeting_uuid": instance.uuid,
        "meeting_id": instance.id,
        "meeting_topic": instance.topic,
        "meeting_start_time": start,
        "meeting_end_time": end,
        "summary_start_time": start,
        "summary_end_time": end,
        "summary_created_time": end,
        "summary_last_modified_time": end,
    }


def summary_body(instance: Instance, summary: Summary) -> Row:
    """Return the summary of an instance, with the deprecated fields unless it is Markdown only."""
    parts = [f"## {each.label}\n{each.summary}" for each in summary.sections]
    steps = ["## Next steps\n" + "\n".join(f"- {step}" for step in summary.next_steps)] if summary.next_steps else []
    row: Row = {
        **listed_summary_row(instance),
        "summary_last_modified_user_id": instance.host.id if summary.edited else "",
        "summary_last_modified_user_email": instance.host.email if summary.edited else "",
        "summary_title": summary.title,
        "summary_content": "\n\n".join([summary.overview, *parts, *steps]),
        "summary_doc_url": f"{SITE}/doc/{instance.id}",
    }
    if not summary.markdown_only:
        row |= {
            "summary_overview": summary.overview,
            "summary_details": summary.sections,
            "next_steps": summary.next_steps,
        }
    if summary.edited and not summary.markdown_only:
        row["edited_summary"] = {
            "summary_overview": summary.overview,
            "summary_details": "\n".join(each.summary for each in summary.sections),
            "next_steps": summary.next_steps,
        }
    return row


def _common(meeting: ScheduledMeeting) -> Row:
    row: Row = {
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "created_at": iso(meeting.created_at),
        "join_url": _join_url(meeting),
    }
    if meeting.start_time:
        row["start_time"] = iso(meeting.start_time)
    if meeting.settings.get("use_pmi"):
        row["pmi"] = meeting.host.pmi
    return row


def _settings(meeting: ScheduledMeeting) -> Row:
    """Return the settings of *meeting*, completed by the defaults."""
    row: Row = {**_DEFAULTS, **meeting.settings}
    if meeting.has_occurrences:
        row.setdefault("registration_type", 1)
    if row["waiting_room"]:
        row["join_before_host"] = False
    if _has_continuous_chat(meeting):
        row["continuous_meeting_chat"] = {
            **cast("Row", row["continuous_meeting_chat"]),
            "channel_id": f"ch{meeting.id}",
        }
    exceptions = cast("list[Row]", row.get("authentication_exception", []))
    if exceptions:
        row["authentication_exception"] = [
            {**each, "join_url": f"{SITE}/w/{meeting.id}?tk=aE{number}"} for number, each in enumerate(exceptions)
        ]
    return row


def _has_continuous_chat(meeting: ScheduledMeeting) -> bool:
    return bool(cast("Row", meeting.settings.get("continuous_meeting_chat", {})).get("enable"))


def _occurrence(occurrence: Occurrence) -> Row:
    return {
        "occurrence_id": occurrence.occurrence_id,
        "start_time": iso(occurrence.start_time),
        "duration": occurrence.duration,
        "status": occurrence.status,
    }


def _join_details(meeting: ScheduledMeeting, registrant: Registrant) -> Row:
    row: Row = {}
    if registrant.status == "approved":
        row["join_url"] = f"{SITE}/w/{meeting.id}?tk={registrant.id}"
    if registrant.participant_pin_code is not None and not meeting.is_webinar:
        row["participant_pin_code"] = registrant.participant_pin_code
    return row
