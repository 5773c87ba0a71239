"""Scheduled meetings as Zoom writes them in JSON, and what belongs to them."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import Final, cast

from ..account.host import DialInNumber, Host, PacAccount
from ..account.instance import Instance, Summary
from ..account.meeting import FIXED_TIME, MeetingTemplate, Occurrence, Poll, Registrant, ScheduledMeeting
from ..protocol.times import iso
from .instance_rows import Row

SITE: Final = "https://northpier.zoom.example"
_AGENDA_CUT: Final = 250
_CHOICES: Final = frozenset({"single", "multiple"})
_ORDINARY_POLL: Final = 1
_ASKED: Final = (
    "address", "city", "state", "zip", "country", "phone", "industry", "org", "job_title", "purchasing_time_frame",
    "role_in_purchase_process", "no_of_employees", "comments",
)  # fmt: skip
_DEFAULTS: Final = MappingProxyType(
    {
        "allow_multiple_devices": False,
        "alternative_host_update_polls": False,
        "alternative_hosts": "",
        "alternative_hosts_email_notification": True,
        "approval_type": 2,
        "approved_or_denied_countries_or_regions": {"enable": False},
        "audio": "both",
        "auto_recording": "none",
        "auto_start_ai_companion_questions": False,
        "auto_start_meeting_summary": False,
        "breakout_room": {"enable": False},
        "close_registration": False,
        "cn_meeting": False,
        "continuous_meeting_chat": {"enable": False},
        "device_testing": False,
        "email_notification": True,
        "enable_dedicated_group_chat": True,
        "encryption_type": "enhanced_encryption",
        "enforce_login": False,
        "enforce_login_domains": "",
        "focus_mode": False,
        "global_dial_in_countries": [],
        "global_dial_in_numbers": [],
        "host_save_video_order": False,
        "host_video": False,
        "in_meeting": False,
        "internal_meeting": False,
        "jbh_time": 0,
        "join_before_host": False,
        "language_interpretation": {"enable": False},
        "meeting_authentication": False,
        "meeting_invitees": [],
        "mute_upon_entry": False,
        "participant_focused_meeting": False,
        "participant_video": False,
        "private_meeting": False,
        "push_change_to_calendar": False,
        "registrants_confirmation_email": True,
        "registrants_email_notification": True,
        "resources": [],
        "show_share_button": False,
        "sign_language_interpretation": {"enable": False},
        "use_pmi": False,
        "waiting_room": False,
        "watermark": False,
    }
)


def created(meeting: ScheduledMeeting) -> Row:
    """Write a meeting in full, as the answer to its creation."""
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
    }
    if meeting.password:
        row |= {
            "password": meeting.password,
            "h323_password": meeting.password,
            "pstn_password": meeting.password,
            "encrypted_password": f"eNc{meeting.uuid[:8]}.1",
        }
    if meeting.takes_registrations:
        row["registration_url"] = f"{SITE}/meeting/register/tJ{meeting.id}"
    if meeting.recurrence:
        row["recurrence"] = meeting.recurrence
    if meeting.type == FIXED_TIME:
        row["occurrences"] = occurrences(meeting)
    if meeting.assistant_id:
        row["assistant_id"] = meeting.assistant_id
    if meeting.template_id:
        row["template_id"] = meeting.template_id
    if _chats(meeting):
        row["chat_join_url"] = f"{SITE}/launch/jc/{meeting.id}"
    return row


def listed(meeting: ScheduledMeeting) -> Row:
    """Write a meeting for the list of a user's; what it is about is cut short."""
    return {**_common(meeting), "agenda": meeting.agenda[:_AGENDA_CUT]}


def upcoming(meeting: ScheduledMeeting, start: datetime, user: Host) -> Row:
    """Write one date of a meeting for the list of what comes next, to which *user* is host or invited."""
    return {
        "id": meeting.id,
        "topic": meeting.topic,
        "type": meeting.type,
        "start_time": iso(start),
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "created_at": iso(meeting.created_at),
        "join_url": join_url(meeting),
        "passcode": meeting.password,
        "use_pmi": bool(meeting.settings.get("use_pmi", False)),
        "is_host": meeting.host.id == user.id,
        "is_all_day": False,
    }


def occurrences(meeting: ScheduledMeeting) -> list[Row]:
    """Write the dates of a meeting that recurs at a fixed time."""
    return [_occurrence(each) for each in meeting.occurrences]


def join_url(meeting: ScheduledMeeting) -> str:
    """Write the link for everybody."""
    return f"{SITE}/j/{meeting.id}" + (f"?pwd=pWd{meeting.uuid[:8]}" if meeting.password else "")


def registrant(meeting: ScheduledMeeting, person: Registrant) -> Row:
    """Write a registrant; only who is approved has a link to join."""
    return {
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        **{name: getattr(person, name) for name in _ASKED},
        "custom_questions": [{"title": each.title, "value": each.value} for each in person.custom_questions],
        "status": person.status,
        "create_time": iso(person.create_time),
        **_way_in(meeting, person),
    }


def receipt(meeting: ScheduledMeeting, person: Registrant) -> Row:
    """Write the answer to a registration: *id* is the meeting's."""
    row: Row = {"id": meeting.id, "topic": meeting.topic, "registrant_id": person.id, **_way_in(meeting, person)}
    if meeting.start_time:
        row["start_time"] = iso(meeting.start_time)
    if meeting.type == FIXED_TIME:
        row["occurrences"] = [_occurrence(each) for each in meeting.occurrences if person.attends(each.occurrence_id)]
    return row


def poll(found: Poll) -> Row:
    """Write a poll; an ordinary one wants answers to all questions unless they say otherwise."""
    questions: list[Row] = []
    for question in found.questions:
        row: Row = {"answer_required": found.poll_type == _ORDINARY_POLL, **question}
        if question.get("type") in _CHOICES:
            row.setdefault("show_as_dropdown", False)
        if question.get("type") == "fill_in_the_blank":
            row.setdefault("case_sensitive", False)
        questions.append(row)
    return {
        "id": found.id,
        "status": found.status,
        "title": found.title,
        "poll_type": found.poll_type,
        "anonymous": found.anonymous,
        "questions": questions,
    }


def template(found: MeetingTemplate) -> Row:
    """Write a template: 1 is a user's own, 2 an administrator's."""
    return {"id": found.id, "name": found.name, "type": 1 if found.host else 2}


def pac_account(account: PacAccount) -> Row:
    """Write an account for audio conferences."""
    return {
        "conference_id": account.conference_id,
        "participant_password": account.participant_password,
        "listen_only_password": account.listen_only_password,
        "dedicated_dial_in_number": [_number(each) for each in account.dedicated_dial_in_number],
        "global_dial_in_numbers": [_number(each) for each in account.global_dial_in_numbers],
    }


def summary(instance: Instance, written: Summary) -> Row:
    """Write what the AI Companion made of a meeting, the deprecated fields too unless it is of the newest kind."""
    parts = [f"## {each.label}\n{each.summary}" for each in written.sections]
    steps = ["## Next steps\n" + "\n".join(f"- {step}" for step in written.next_steps)] if written.next_steps else []
    row: Row = {
        "meeting_host_id": instance.host.id,
        "meeting_host_email": instance.host.email,
        "meeting_uuid": instance.uuid,
        "meeting_id": instance.id,
        "meeting_topic": instance.topic,
        "meeting_start_time": iso(instance.start_time),
        "meeting_end_time": iso(instance.end_time),
        "summary_start_time": iso(instance.start_time),
        "summary_end_time": iso(instance.end_time),
        "summary_created_time": iso(instance.end_time),
        "summary_last_modified_time": iso(instance.end_time),
        "summary_last_modified_user_id": instance.host.id if written.edited else "",
        "summary_last_modified_user_email": instance.host.email if written.edited else "",
        "summary_title": written.title,
        "summary_content": "\n\n".join([written.overview, *parts, *steps]),
        "summary_doc_url": f"{SITE}/doc/{instance.id}",
    }
    if not written.markdown_only:
        row |= {
            "summary_overview": written.overview,
            "summary_details": [{"label": each.label, "summary": each.summary} for each in written.sections],
            "next_steps": written.next_steps,
        }
    if written.edited and not written.markdown_only:
        row["edited_summary"] = {
            "summary_overview": written.overview,
            "summary_details": "\n".join(each.summary for each in written.sections),
            "next_steps": written.next_steps,
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
        "join_url": join_url(meeting),
    }
    if meeting.start_time:
        row["start_time"] = iso(meeting.start_time)
    if meeting.settings.get("use_pmi"):
        row["pmi"] = meeting.host.pmi
    return row


def _settings(meeting: ScheduledMeeting) -> Row:
    """Write the settings in effect: what was set, over the defaults."""
    row: Row = {**_DEFAULTS, **meeting.settings}
    if meeting.type == FIXED_TIME:
        row.setdefault("registration_type", 1)
    if row["waiting_room"]:
        row["join_before_host"] = False
    if _chats(meeting):
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


def _chats(meeting: ScheduledMeeting) -> bool:
    return bool(cast("Row", meeting.settings.get("continuous_meeting_chat", {})).get("enable"))


def _occurrence(occurrence: Occurrence) -> Row:
    return {
        "occurrence_id": occurrence.occurrence_id,
        "start_time": iso(occurrence.start_time),
        "duration": occurrence.duration,
        "status": occurrence.status,
    }


def _way_in(meeting: ScheduledMeeting, person: Registrant) -> Row:
    row: Row = {}
    if person.status == "approved":
        row["join_url"] = f"{SITE}/w/{meeting.id}?tk={person.id}"
    if person.participant_pin_code is not None:
        row["participant_pin_code"] = person.participant_pin_code
    return row


def _number(number: DialInNumber) -> Row:
    return {"country": number.country, "number": number.number}
