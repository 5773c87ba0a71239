"""The request body of a new meeting, as the reference lists it."""

from __future__ import annotations

from typing import Final

from .schema import EMAIL, FLAG, INTEGER, TEXT, TEXTS, Integer, Items, Text, alike, fields, number_of, one_of

_PAIR: Final = Text(pattern=r"[^,]+,[^,]+")

SETTINGS: Final = fields(
    allow_host_control_participant_mute_state=FLAG,
    allow_multiple_devices=FLAG,
    alternative_host_manage_cloud_recording=FLAG,
    alternative_host_manage_meeting_summary=FLAG,
    alternative_host_update_polls=FLAG,
    alternative_hosts=TEXT,
    alternative_hosts_email_notification=FLAG,
    additional_data_center_regions=TEXTS,
    approval_type=number_of(0, 1, 2),
    approved_or_denied_countries_or_regions=fields(
        enable=FLAG, method=one_of("approve", "deny"), approved_list=TEXTS, denied_list=TEXTS
    ),
    audio=one_of("both", "telephony", "voip", "thirdParty"),
    audio_conference_info=Text(max=2048),
    authentication_domains=TEXT,
    authentication_exception=Items(of=fields(name=TEXT, email=EMAIL)),
    authentication_option=TEXT,
    auto_add_recording_to_video_management=fields(
        "enable", enable=FLAG, channels=Items(of=fields("channel_id", channel_id=TEXT, name=TEXT))
    ),
    auto_recording=one_of("local", "cloud", "none"),
    **alike(FLAG, "auto_start_ai_companion_questions auto_start_meeting_summary"),
    breakout_room=fields(enable=FLAG, rooms=Items(of=fields(name=TEXT, participants=TEXTS))),
    calendar_type=number_of(1, 2),
    **alike(FLAG, "close_registration cn_meeting"),
    **alike(TEXT, "contact_email contact_name"),
    continuous_meeting_chat=fields(
        **alike(FLAG, "enable auto_add_invited_external_users auto_add_meeting_participants"),
        who_is_added=one_of("all_users", "org_invitees_and_participants", "org_invitees"),
    ),
    **alike(FLAG, "device_testing disable_participant_video email_in_attendee_report email_notification"),
    encryption_type=one_of("enhanced_encryption", "e2ee"),
    focus_mode=FLAG,
    global_dial_in_countries=TEXTS,
    **alike(FLAG, "host_save_video_order host_video in_meeting internal_meeting"),
    jbh_time=number_of(0, 5, 10, 15),
    join_before_host=FLAG,
    language_interpretation=fields(
        enable=FLAG,
        interpreters=Items(
            of=fields(
                email=EMAIL,
                interpreter_languages=_PAIR,
                languages=Text(pattern=r"(US|CN|JP|DE|FR|RU|PT|ES|KR),(US|CN|JP|DE|FR|RU|PT|ES|KR)"),
            )
        ),
    ),
    meeting_authentication=FLAG,
    meeting_invitees=Items(of=fields(email=EMAIL)),
    mute_upon_entry=FLAG,
    participant_focused_meeting=FLAG,
    participant_video=FLAG,
    private_meeting=FLAG,
    push_change_to_calendar=FLAG,
    question_and_answer=fields(
        enable=FLAG,
        question_visibility=one_of("answered", "all"),
        **alike(FLAG, "allow_anonymous_questions allow_submit_questions attendees_can_comment attendees_can_upvote"),
    ),
    **alike(FLAG, "registrants_confirmation_email registrants_email_notification"),
    registration_type=number_of(1, 2, 3),
    request_permission_to_unmute_participants=FLAG,
    resources=Items(
        of=fields(
            resource_type=one_of("whiteboard"),
            resource_id=TEXT,
            permission_level=one_of("editor", "commenter", "viewer"),
        )
    ),
    **alike(FLAG, "show_join_info show_share_button"),
    sign_language_interpretation=fields(
        enable=FLAG, interpreters=Items(of=fields(sign_language=TEXT, email=EMAIL), max=20)
    ),
    summary_template_id=TEXT,
    **alike(FLAG, "use_pmi waiting_room"),
    waiting_room_options=fields(
        "mode",
        mode=one_of("follow_setting", "custom"),
        who_goes_to_waiting_room=one_of(
            "everyone",
            "users_not_in_account",
            "users_not_in_account_or_whitelisted_domains",
            "users_not_on_invite",
            "users_not_in_org",
        ),
    ),
    watermark=FLAG,
    who_can_ask_questions=number_of(1, 2, 3, 4, 5),
    who_will_receive_summary=number_of(1, 2, 3, 4),
)
RECURRENCE: Final = fields(
    "type",
    type=number_of(1, 2, 3),
    repeat_interval=Integer(min=1),
    weekly_days=Text(pattern=r"[1-7](,[1-7]){0,6}"),
    monthly_day=Integer(min=1, max=31),
    monthly_week=number_of(-1, 1, 2, 3, 4),
    monthly_week_day=number_of(1, 2, 3, 4, 5, 6, 7),
    end_times=Integer(min=0, max=60),
    end_date_time=Text(pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
)
NEW_MEETING: Final = fields(
    topic=Text(max=200),
    type=number_of(1, 2, 3, 8, 10),
    start_time=Text(pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?"),
    duration=INTEGER,
    timezone=TEXT,
    agenda=Text(max=2000),
    password=Text(max=10, secret=True),
    **alike(FLAG, "default_password pre_schedule"),
    **alike(TEXT, "schedule_for template_id"),
    recurrence=RECURRENCE,
    tracking_fields=Items(of=fields("field", field=TEXT, value=TEXT)),
    settings=SETTINGS,
)
