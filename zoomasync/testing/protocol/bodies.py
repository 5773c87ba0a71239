"""The request bodies of the reference, except that of a new meeting."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .schema import EMAIL, FLAG, INTEGER, TEXT, TEXTS, Integer, Items, Text, alike, changes, fields, number_of, one_of

COMPANY_SIZES: Final = (
    "", "1-20", "21-50", "51-100", "101-250", "251-500", "501-1,000", "1,001-5,000", "5,001-10,000", "More than 10,000",
)  # fmt: skip
PURCHASE_TIMES: Final = ("", "Within a month", "1-3 months", "4-6 months", "More than 6 months", "No timeframe")
PURCHASE_ROLES: Final = ("", "Decision Maker", "Evaluator/Recommender", "Influencer", "Not involved")
STANDARD_QUESTIONS: Final = (
    "last_name", "address", "city", "country", "zip", "state", "phone", "industry", "org", "job_title",
    "purchasing_time_frame", "role_in_purchase_process", "no_of_employees", "comments",
)  # fmt: skip
_LANGUAGES: Final = (
    "en-US", "de-DE", "es-ES", "fr-FR", "jp-JP", "pt-PT", "ru-RU", "zh-CN", "zh-TW", "ko-KO", "it-IT", "vi-VN",
    "pl-PL", "Tr-TR",
)  # fmt: skip
_KINDS: Final = one_of(
    "single", "multiple", "matching", "rank_order", "short_answer", "long_answer", "fill_in_the_blank", "rating_scale"
)
_URL: Final = r"[a-z][a-z0-9+.-]*://\S+"

REGISTRANT: Final = fields(
    "email first_name",
    email=replace(EMAIL, max=128),
    first_name=Text(max=64, min=1),
    last_name=Text(max=64),
    **alike(TEXT, "address city country zip state phone industry org job_title"),
    purchasing_time_frame=one_of(*PURCHASE_TIMES),
    role_in_purchase_process=one_of(*PURCHASE_ROLES),
    no_of_employees=one_of(*COMPANY_SIZES),
    comments=TEXT,
    custom_questions=Items(of=fields(title=TEXT, value=Text(max=128))),
    language=one_of(*_LANGUAGES),
    auto_approve=FLAG,
)
REGISTRANT_STATUS: Final = fields(
    "action",
    action=one_of("approve", "cancel", "deny"),
    registrants=Items(of=fields(id=TEXT, email=EMAIL), max=30),
)
REGISTRATION_QUESTIONS: Final = changes(
    questions=Items(of=fields(field_name=one_of(*STANDARD_QUESTIONS), required=FLAG)),
    custom_questions=Items(of=fields(title=TEXT, type=one_of("short", "single"), required=FLAG, answers=TEXTS)),
)
POLL: Final = fields(
    title=Text(max=64),
    poll_type=number_of(1, 2, 3),
    anonymous=FLAG,
    questions=Items(
        of=fields(
            name=Text(max=1024),
            type=_KINDS,
            answer_required=FLAG,
            answers=Items(of=TEXT, min=2),
            right_answers=Items(of=TEXT, min=1),
            prompts=Items(of=fields(prompt_question=TEXT, prompt_right_answers=TEXTS), min=2, max=10),
            answer_min_character=Integer(min=1),
            answer_max_character=INTEGER,
            rating_min_value=Integer(min=0),
            rating_max_value=Integer(max=10),
            **alike(TEXT, "rating_min_label rating_max_label"),
            **alike(FLAG, "show_as_dropdown case_sensitive"),
        )
    ),
)
SURVEY: Final = changes(
    show_in_the_browser=FLAG,
    third_party_survey=Text(max=64),
    custom_survey=fields(
        title=Text(max=64),
        **alike(FLAG, "anonymous numbered_questions show_question_type"),
        feedback=Text(max=320),
        questions=Items(
            of=fields(
                name=Text(max=420),
                type=_KINDS,
                answer_required=FLAG,
                answers=Items(of=Text(max=200), min=2),
                prompts=Items(of=fields(prompt_question=Text(max=200)), min=2, max=10),
                answer_min_character=Integer(min=1),
                answer_max_character=INTEGER,
                rating_min_value=Integer(min=0),
                rating_max_value=Integer(max=10),
                rating_min_label=Text(max=50),
                rating_max_label=Text(max=50),
                show_as_dropdown=FLAG,
            ),
            min=1,
            max=100,
        ),
    ),
)
LIVESTREAM: Final = changes(
    "stream_url stream_key page_url",
    stream_url=Text(max=1024, pattern=_URL),
    stream_key=Text(max=512, min=1, secret=True),
    page_url=Text(max=1024, pattern=_URL),
    resolution=TEXT,
)
LIVESTREAM_STATUS: Final = fields(
    action=one_of("start", "stop", "mode"),
    settings=fields(
        layout=one_of("follow_host", "gallery_view", "speaker_view"),
        close_caption=one_of("burnt-in", "embedded", "off"),
        active_speaker_name=FLAG,
        display_name=Text(max=50, min=1),
    ),
)
MEETING_STATUS: Final = fields(action=one_of("end", "recover"))
SIP_DIALING: Final = replace(fields(passcode=Text(secret=True)), optional=True)
TEMPLATE: Final = fields(meeting_id=Integer(min=1), name=TEXT, save_recurrence=FLAG, overwrite=FLAG)
