"""Structs of the registrants of meetings and webinars: people who register, and the questions they answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Struct, field

from .field_types import Change, Id, Timestamp, limits
from .meetings import Occurrence
from .pages import NumberedPage
from .secret_fields import MaskedStruct, Secret

RegistrantStatus: TypeAlias = Literal["approved", "denied", "pending"] | str
PurchasingTimeFrame: TypeAlias = (
    Literal["", "Within a month", "1-3 months", "4-6 months", "More than 6 months", "No timeframe"] | str
)
PurchaseRole: TypeAlias = Literal["", "Decision Maker", "Evaluator/Recommender", "Influencer", "Not involved"] | str
# The reference gives other ranges for requests (101-500, 500-1,000), which Zoom was seen to reject.
NumberOfEmployees: TypeAlias = (
    Literal[
        "",
        "1-20",
        "21-50",
        "51-100",
        "101-250",
        "251-500",
        "501-1,000",
        "1,001-5,000",
        "5,001-10,000",
        "More than 10,000",
    ]
    | str
)
# Zoom's own codes, which are not all standard ones.
MailLanguage: TypeAlias = (
    Literal[
        "en-US",
        "de-DE",
        "es-ES",
        "fr-FR",
        "jp-JP",
        "pt-PT",
        "ru-RU",
        "zh-CN",
        "zh-TW",
        "ko-KO",
        "it-IT",
        "vi-VN",
        "pl-PL",
        "Tr-TR",
    ]
    | str
)
StandardField: TypeAlias = (
    Literal[
        "last_name",
        "address",
        "city",
        "country",
        "zip",
        "state",
        "phone",
        "industry",
        "org",
        "job_title",
        "purchasing_time_frame",
        "role_in_purchase_process",
        "no_of_employees",
        "comments",
    ]
    | str
)


class CustomAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to the custom question with this *title*."""

    title: str | None = None
    value: Annotated[str, limits(max_length=128)] | None = None


class NamedPerson(MaskedStruct, frozen=True, kw_only=True, omit_defaults=True):
    """The e-mail address and name of a person who registers."""

    email: Annotated[str, limits(max_length=128)]
    first_name: Annotated[str, limits(max_length=64)]
    last_name: Annotated[str, limits(max_length=64)] | None = None


class BatchRegistrant(NamedPerson, frozen=True, kw_only=True, omit_defaults=True):
    """A person of a batch to register."""


class NewRegistrants(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most 30 people to register in one call.

    *auto_approve* approves them at once in a meeting or webinar with approval by hand, and changes nothing in one
    without. *registrants_confirmation_email*, for meetings only, sends each person a confirmation mail; the reference
    does not say whether Zoom sends it by default.
    """

    registrants: Annotated[tuple[BatchRegistrant, ...], limits(max_items=30)] | None = None
    auto_approve: bool | None = None
    registrants_confirmation_email: bool | None = None


class Person(NamedPerson, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of a person who registers. All but the e-mail address and first name may be missing or empty."""

    address: str | None = None
    city: str | None = None
    country: str | None = None
    zip: str | None = None
    state: str | None = None
    phone: str | None = None
    industry: str | None = None
    org: str | None = None
    job_title: str | None = None
    purchasing_time_frame: PurchasingTimeFrame | None = None
    role_in_purchase_process: PurchaseRole | None = None
    no_of_employees: NumberOfEmployees | None = None
    comments: str | None = None
    custom_questions: tuple[CustomAnswer, ...] | None = None


class NewRegistrant(Person, frozen=True, kw_only=True, omit_defaults=True):
    """A person to register.

    *language* is the language of the confirmation mail; a webinar whose settings prescribe a language ignores it.
    *auto_approve*, for meetings only, approves the person at once in a meeting with approval by hand. *source_id*, for
    webinars only, is the id of a tracking source.
    """

    language: MailLanguage | None = None
    auto_approve: bool | None = None
    source_id: str | None = None


class RegistrantKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A registrant by id, by e-mail address, or by both. One of them is required."""

    id: str | None = None
    email: str | None = None

    def broken_rules(self) -> Iterator[str]:
        """Yield the broken rules of the reference that concern several fields."""
        if self.id is None and self.email is None:
            yield "id or email is needed"


class RegistrantStatusUpdate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action on at most 30 registrants. The reference states this limit for meetings only."""

    action: Literal["approve", "cancel", "deny"] | str
    registrants: Annotated[tuple[RegistrantKey, ...], limits(max_items=30)] | None = None


class StandardQuestion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A standard field of the registration form."""

    field_name: StandardField | None = None
    required: bool | None = None


class CustomQuestion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A custom question of the registration form.

    "short" accepts any text, "multiple" several of *answers*, the others one. Meetings have "short" and "single",
    webinars all but "single", recordings "short", "single" and "multiple".
    """

    title: str | None = None
    type: Literal["short", "single", "single_radio", "single_dropdown", "multiple"] | str | None = None
    required: bool | None = None
    answers: tuple[str, ...] | None = None


class RegistrationQuestionsUpdate(Struct, frozen=True, kw_only=True):
    """A change of the questions of a registration form. A list that is sent replaces the previous one."""

    questions: Change[tuple[StandardQuestion, ...]] = UNSET
    custom_questions: Change[tuple[CustomQuestion, ...]] = UNSET


class Registrant(Person, frozen=True, kw_only=True, omit_defaults=True):
    """A registered person. *language* comes with one registrant of a webinar, *participant_pin_code* with meetings.

    A registrant of a recording has no *join_url*, *create_time* or *participant_pin_code*.
    """

    id: Id
    status: RegistrantStatus | None = None
    language: MailLanguage | None = None
    join_url: Secret[str] | None = None
    create_time: Timestamp | None = None
    participant_pin_code: Secret[int] | None = None


class RegistrantsPage(NumberedPage, frozen=True, kw_only=True):
    """One page of the registrants with one status."""

    items: tuple[Registrant, ...] = field(name="registrants")


class Registration(MaskedStruct, frozen=True, kw_only=True):
    """The registration of the person *registrant_id*, without *join_url* while it is pending.

    *participant_pin_code* comes with meetings only.
    """

    registrant_id: str
    join_url: Secret[str] | None = None
    participant_pin_code: Secret[int] | None = None


class BatchRegistration(Registration, frozen=True, kw_only=True):
    """The registration of one person of a batch."""

    email: str | None = None


class RegistrantsAdded(Struct, frozen=True, kw_only=True):
    """The registrations of a batch."""

    registrants: tuple[BatchRegistration, ...]


class RegistrantAdded(Registration, frozen=True, kw_only=True):
    """The registration of one person for the meeting or webinar *id*."""

    id: int | None = None
    topic: str | None = None
    start_time: Timestamp | None = None
    occurrences: tuple[Occurrence, ...] = ()


class RegistrationQuestions(Struct, frozen=True, kw_only=True):
    """The questions of a registration form."""

    questions: tuple[StandardQuestion, ...]
    custom_questions: tuple[CustomQuestion, ...] = ()
