"""The settings of a meeting: in requests, and in responses, which hold more fields. Webinars share many of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Struct

from .custom_fields import CustomKey
from .field_types import limits
from .secret_fields import MaskedStruct, Secret


class BreakoutRoom(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A breakout room and the e-mail addresses of the people assigned to it."""

    name: str | None = None
    participants: tuple[str, ...] | None = None


class BreakoutRooms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Breakout rooms that are assigned before the meeting."""

    enable: bool | None = None
    rooms: tuple[BreakoutRoom, ...] | None = None


class CountryRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The countries and regions, by code, from which people may or may not join."""

    enable: bool | None = None
    method: Literal["approve", "deny"] | str | None = None
    approved_list: tuple[str, ...] | None = None
    denied_list: tuple[str, ...] | None = None


class ContinuousMeetingChat(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chat that continues between meetings. The two ``auto_add`` fields are deprecated: use *who_is_added*."""

    enable: bool | None = None
    who_is_added: Literal["all_users", "org_invitees_and_participants", "org_invitees"] | str | None = None
    auto_add_invited_external_users: bool | None = None
    auto_add_meeting_participants: bool | None = None


class QuestionAndAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Q&A during the meeting or webinar.

    Only meetings have *question_visibility*. Only webinars have *answer_questions*, which attendees see "only" once
    they are answered, or "all"; and only simulive ones have *allow_auto_reply* and *auto_reply_text*.
    """

    enable: bool | None = None
    allow_submit_questions: bool | None = None
    allow_anonymous_questions: bool | None = None
    question_visibility: Literal["answered", "all"] | str | None = None
    answer_questions: Literal["only", "all"] | str | None = None
    allow_auto_reply: bool | None = None
    auto_reply_text: str | None = None
    attendees_can_comment: bool | None = None
    attendees_can_upvote: bool | None = None


class AuthenticationException(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """A person who may join without authentication, through a personal link."""

    name: str | None = None
    email: str | None = None
    join_url: Secret[str] | None = None


class DialInNumber(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dial-in number."""

    country: str | None = None
    country_name: str | None = None
    city: str | None = None
    number: str | None = None
    type: Literal["toll", "tollfree", "premium"] | str | None = None


class MeetingInvitee(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An invited person."""

    email: str | None = None


class SignLanguageInterpreter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An interpreter and a sign language."""

    email: str | None = None
    sign_language: str | None = None


class SignLanguageInterpretation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sign-language interpretation by at most 20 people."""

    enable: bool | None = None
    interpreters: Annotated[tuple[SignLanguageInterpreter, ...], limits(max_items=20)] | None = None


class LanguageInterpreter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An interpreter between two languages, such as "English,French". *languages*, by code, is deprecated."""

    email: str | None = None
    interpreter_languages: str | None = None
    languages: str | None = None


class LanguageInterpretation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Spoken interpretation."""

    enable: bool | None = None
    interpreters: tuple[LanguageInterpreter, ...] | None = None


class MeetingResource(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whiteboard attached to the meeting. *permission_level* applies to people with the link to it."""

    resource_type: Literal["whiteboard"] | str | None = None
    resource_id: str | None = None
    permission_level: Literal["editor", "commenter", "viewer"] | str | None = None


class VideoChannel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A channel of video management."""

    channel_id: str
    name: str | None = None


class VideoManagement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The publication of recordings in channels of video management."""

    enable: bool
    channels: Annotated[tuple[VideoChannel, ...], limits(min_items=1, max_items=5)] | None = None


class WaitingRoomOptions(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The people who wait: per the user's settings, or with *mode* "custom" per *who_goes_to_waiting_room*."""

    mode: Literal["follow_setting", "custom"] | str
    who_goes_to_waiting_room: (
        Literal[
            "everyone",
            "users_not_in_account",
            "users_not_in_account_or_whitelisted_domains",
            "users_not_on_invite",
            "users_not_in_org",
        ]
        | str
        | None
    ) = None


class CommonSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings that meetings and webinars share."""

    allow_host_control_participant_mute_state: bool | None = None
    allow_multiple_devices: bool | None = None
    alternative_host_update_polls: bool | None = None
    alternative_hosts: str | None = None
    approval_type: Literal[0, 1, 2] | int | None = None
    audio: Literal["both", "telephony", "voip", "thirdParty"] | str | None = None
    audio_conference_info: Annotated[str, limits(max_length=2048)] | None = None
    authentication_domains: str | None = None
    authentication_option: str | None = None
    auto_recording: Literal["local", "cloud", "none"] | str | None = None
    close_registration: bool | None = None
    contact_email: str | None = None
    contact_name: str | None = None
    email_in_attendee_report: bool | None = None
    global_dial_in_countries: tuple[str, ...] | None = None
    host_video: bool | None = None
    language_interpretation: LanguageInterpretation | None = None
    meeting_authentication: bool | None = None
    question_and_answer: QuestionAndAnswer | None = None
    registrants_confirmation_email: bool | None = None
    registrants_email_notification: bool | None = None
    registration_type: Literal[1, 2, 3] | int | None = None
    request_permission_to_unmute_participants: bool | None = None
    show_share_button: bool | None = None
    sign_language_interpretation: SignLanguageInterpretation | None = None


class MeetingSettings(CommonSettings, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of a meeting.

    A field that is None is not sent. For a new meeting, Zoom's default or the user's own setting applies to it.

    - *approval_type*: 0 registrations are approved automatically, 1 by hand, 2 no registration (Zoom's default).
    - *registration_type*, for recurring meetings: 1 register once for all occurrences, 2 for each occurrence, 3 once
      and choose occurrences.
    - *jbh_time*: people may join 0 at any time, else 5, 10 or 15 minutes before the start. It requires
      *join_before_host*, which *waiting_room* turns off.
    - *calendar_type*: 1 Outlook add-in, 2 Google Workspace add-on.
    - *who_will_receive_summary*: 1 the host, 2 the host, co-hosts and alternative hosts, 3 the host and invitees of the
      organisation, 4 all invitees.
    - *who_can_ask_questions* (to the AI Companion): 1 all participants and invitees, 2 all participants from the time
      they join, 3 the host, 4 participants and invitees of the organisation, 5 participants of the organisation from
      the time they join.
    - *alternative_hosts*: e-mail addresses or user ids, separated by semicolons.
    - *authentication_domains*: domains, separated by commas.
    - *allow_host_control_participant_mute_state* and *request_permission_to_unmute_participants* exclude each other.
    - *cn_meeting*, *in_meeting*, *enforce_login* and *enforce_login_domains* are deprecated.

    The reference lists *additional_data_center_regions* and *show_join_info* for a new meeting only;
    *authentication_name*, *custom_keys*, *enforce_login*, *enforce_login_domains*, *global_dial_in_numbers* and the
    *join_url* of an exception for a change only. It does not say what Zoom does with them elsewhere.
    """

    additional_data_center_regions: tuple[str, ...] | None = None
    alternative_host_manage_cloud_recording: bool | None = None
    alternative_host_manage_meeting_summary: bool | None = None
    alternative_hosts_email_notification: bool | None = None
    approved_or_denied_countries_or_regions: CountryRule | None = None
    authentication_exception: tuple[AuthenticationException, ...] | None = None
    authentication_name: str | None = None
    auto_add_recording_to_video_management: VideoManagement | None = None
    auto_start_ai_companion_questions: bool | None = None
    auto_start_meeting_summary: bool | None = None
    breakout_room: BreakoutRooms | None = None
    calendar_type: Literal[1, 2] | int | None = None
    cn_meeting: bool | None = None
    continuous_meeting_chat: ContinuousMeetingChat | None = None
    custom_keys: Annotated[tuple[CustomKey, ...], limits(max_items=10)] | None = None
    device_testing: bool | None = None
    disable_participant_video: bool | None = None
    email_notification: bool | None = None
    encryption_type: Literal["enhanced_encryption", "e2ee"] | str | None = None
    enforce_login: bool | None = None
    enforce_login_domains: str | None = None
    focus_mode: bool | None = None
    global_dial_in_numbers: tuple[DialInNumber, ...] | None = None
    host_save_video_order: bool | None = None
    in_meeting: bool | None = None
    internal_meeting: bool | None = None
    jbh_time: Literal[0, 5, 10, 15] | int | None = None
    join_before_host: bool | None = None
    meeting_invitees: tuple[MeetingInvitee, ...] | None = None
    mute_upon_entry: bool | None = None
    participant_focused_meeting: bool | None = None
    participant_video: bool | None = None
    private_meeting: bool | None = None
    push_change_to_calendar: bool | None = None
    resources: tuple[MeetingResource, ...] | None = None
    show_join_info: bool | None = None
    summary_template_id: str | None = None
    use_pmi: bool | None = None
    waiting_room: bool | None = None
    waiting_room_options: WaitingRoomOptions | None = None
    watermark: bool | None = None
    who_can_ask_questions: Literal[1, 2, 3, 4, 5] | int | None = None
    who_will_receive_summary: Literal[1, 2, 3, 4] | int | None = None


class ContinuousMeetingChatInEffect(ContinuousMeetingChat, frozen=True, kw_only=True, omit_defaults=True):
    """A continuous meeting chat in a response, with its channel."""

    channel_id: str | None = None


class MeetingInviteeInEffect(MeetingInvitee, frozen=True, kw_only=True, omit_defaults=True):
    """An invited person in a response. *internal_user* is True if the person belongs to the account."""

    internal_user: bool | None = None


class MeetingSettingsInEffect(MeetingSettings, frozen=True, kw_only=True, omit_defaults=True):
    """The settings of a meeting in a response, with fields that requests do not have.

    *enable_dedicated_group_chat* occurs in responses and is not documented.
    """

    continuous_meeting_chat: ContinuousMeetingChatInEffect | None = None
    enable_dedicated_group_chat: bool | None = None
    meeting_invitees: tuple[MeetingInviteeInEffect, ...] | None = None
