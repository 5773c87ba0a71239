"""Checks of a desired person before anything is sent: the address, the lengths, and the answers of the form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, get_args

from msgspec.structs import replace

from ..models import CustomAnswer, CustomQuestion, NewRegistrant
from ..models.registrants import (
    MailLanguage,
    NumberOfEmployees,
    PurchaseRole,
    PurchasingTimeFrame,
    Registrant,
    RegistrationQuestions,
)

# An address that Zoom would reject must not pass: the person with the correct one would be absent from the list.
_PART = r"[^\s@,;:<>()\[\]\"\\.]+"
_LABEL = r"(?!-)[^\s\x00-,./:-@\[-^`{-\x7f]+(?<!-)"
_ADDRESS: Final = re.compile(rf"{_PART}(?:\.{_PART})*@{_LABEL}(?:\.{_LABEL})+")
_MAX_LENGTHS: Final = MappingProxyType({"email": 128, "first_name": 64, "last_name": 64})
_MAX_ANSWER: Final = 128
_CHOICES: Final = MappingProxyType(
    {
        name: frozenset(get_args(get_args(type_)[0]))
        for name, type_ in (
            ("purchasing_time_frame", PurchasingTimeFrame),
            ("role_in_purchase_process", PurchaseRole),
            ("no_of_employees", NumberOfEmployees),
            ("language", MailLanguage),
        )
    }
)
_NOT_COMPARED: Final = frozenset({"email", "custom_questions", "language", "auto_approve", "source_id"})


def is_address(email: str) -> bool:
    """Return whether *email* has the form of one e-mail address."""
    text = email.strip()
    # Characters without a glyph, such as those of zero width, come with pasted text.
    return len(text) <= _MAX_LENGTHS["email"] and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def fault_of(person: NewRegistrant, questions: RegistrationQuestions) -> str:
    """Return the reason why Zoom would reject *person*, or empty text."""
    return next(_faults(person, questions), "")


def _faults(person: NewRegistrant, questions: RegistrationQuestions) -> Iterator[str]:
    if not person.first_name.strip():
        yield "the first name is missing"
    for name, most in _MAX_LENGTHS.items():
        if len(getattr(person, name) or "") > most:
            yield f"{name} has more than {most} characters"
    for name, choices in _CHOICES.items():
        if (getattr(person, name) or "") not in {"", *choices}:
            yield f"{name} is not one of {', '.join(sorted(choices))}"
    for question in questions.questions:
        if question.required and not getattr(person, question.field_name or "", " "):
            yield f"the answer to the required question {question.field_name} is missing"
    yield from _answer_faults(answers_of(person), questions)


def _answer_faults(answers: Mapping[str, str], questions: RegistrationQuestions) -> Iterator[str]:
    for each in questions.custom_questions:
        answer = answers.get(_plain(each.title), "")
        if each.required and not answer:
            yield f"the answer to the required question {_shown(each)} is missing"
        elif len(answer) > _MAX_ANSWER:
            yield f"the answer to {_shown(each)} has more than {_MAX_ANSWER} characters"
        elif answer and not _is_choice(each, answer):
            yield f"the answer to {_shown(each)} is not one of the choices"


def prepared(person: NewRegistrant, questions: RegistrationQuestions, *, auto_approve: bool) -> NewRegistrant:
    """Return *person* as it is sent: trimmed, with answers to the questions of the form only."""
    answers = answers_of(person)
    custom = tuple(
        CustomAnswer(title=each.title, value=answers[_plain(each.title)])
        for each in questions.custom_questions
        if answers.get(_plain(each.title))
    )
    return replace(
        person,
        email=person.email.strip(),
        first_name=person.first_name.strip(),
        custom_questions=custom or None,
        auto_approve=True if auto_approve else None,
    )


def completed(person: NewRegistrant, other: NewRegistrant) -> NewRegistrant:
    """Return *person* with the values of *other* in the fields that are empty, if both have the same name."""
    if not is_same_name(person, other):
        return person
    values = {
        name: getattr(other, name)
        for name in person.__struct_fields__
        if name != "custom_questions" and getattr(person, name) in {None, ""}
    }
    answers = answers_of(person)
    further = (each for each in other.custom_questions or () if _plain(each.title) not in answers)
    return replace(person, **values, custom_questions=(*(person.custom_questions or ()), *further) or None)


def unused_titles(person: NewRegistrant, questions: RegistrationQuestions) -> Iterator[str]:
    """Yield the titles of answers to questions that the form lacks."""
    titles = {_plain(each.title) for each in questions.custom_questions}
    for answer in person.custom_questions or ():
        if answer.value and _plain(answer.title) not in titles:
            yield (answer.title or "").strip()


def differences(person: NewRegistrant, registrant: Registrant, questions: RegistrationQuestions) -> list[str]:
    """Return the names of the fields and questions to which the list gives another value than the registration."""
    names = [
        name
        for name in person.__struct_fields__
        if name not in _NOT_COMPARED
        and (wanted := _plain(getattr(person, name)))
        and wanted != _plain(getattr(registrant, name))
    ]
    wanted_answers, answers = answers_of(person), _answers(registrant.custom_questions)
    return names + [
        _shown(each)
        for each in questions.custom_questions
        if (wanted := _plain(wanted_answers.get(_plain(each.title))))
        and wanted != _plain(answers.get(_plain(each.title)))
    ]


def is_same_name(one: NewRegistrant, other: NewRegistrant) -> bool:
    """Return whether two people have the same name; case and blanks do not matter."""
    return _plain(f"{one.first_name} {one.last_name or ''}") == _plain(f"{other.first_name} {other.last_name or ''}")


def answers_of(person: NewRegistrant) -> Mapping[str, str]:
    """Return the answers to custom questions by the title, in the form in which titles are compared."""
    return _answers(person.custom_questions)


def _answers(answers: tuple[CustomAnswer, ...] | None) -> Mapping[str, str]:
    return {_plain(each.title): each.value.strip() for each in answers or () if each.value and each.value.strip()}


def _is_choice(question: CustomQuestion, answer: str) -> bool:
    """Return whether *answer* is a choice, or for a multiple question several, separated by commas or semicolons."""
    choices = {choice.strip() for choice in question.answers or ()}
    if question.type == "short" or not choices or answer in choices:
        return True
    return question.type == "multiple" and {part.strip() for part in re.split("[,;]", answer)} <= choices


def _shown(question: CustomQuestion) -> str:
    return f'"{(question.title or "").strip()}"'


def _plain(value: object) -> str:
    return " ".join(str(value or "").split()).casefold()
