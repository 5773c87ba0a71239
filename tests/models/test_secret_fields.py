"""The repr of requests and responses: it shows no secret."""

from __future__ import annotations

import importlib
import pkgutil
import re
import traceback

import msgspec
import pytest
from msgspec import UNSET
from rich.pretty import pretty_repr

from zoomasync import Label, models
from zoomasync.models import LivestreamUpdate, NewMeeting, NewSipUri
from zoomasync.models.field_types import Change
from zoomasync.models.meeting_settings import AuthenticationException, MeetingSettingsInEffect
from zoomasync.models.meetings import Meeting, MeetingsPage, SipUri
from zoomasync.models.registrants import Registrant, RegistrantsPage
from zoomasync.models.secret_fields import MaskedStruct, Secret
from zoomasync.types import Endpoint

STRUCTS = sorted(
    {
        content
        for found in pkgutil.iter_modules(models.__path__)
        for content in vars(importlib.import_module(f"zoomasync.models.{found.name}")).values()
        if isinstance(content, type) and issubclass(content, msgspec.Struct) and content is not msgspec.Struct
    },
    key=lambda struct: struct.__qualname__,
)
SECRET_NAME = re.compile(
    r"password|passcode|pwd|secret|credential|token|key|(?<![a-z])pin|code|sip|url|link|invitation"
)
NO_SECRETS = {
    "code",  # the prefix of a country's telephone numbers
    "custom_keys",
    "customer_key",  # an app's id for a participant
    "default_passcode",  # true or false
    "default_password",  # true or false
    "key",  # the name of a custom key or attribute
    "next_page_token",  # for 15 minutes, and for the owner of the access token only
    "page_url",  # the public page of a livestream
    "panelists_invitation_email_notification",  # true or false
    "pic_url",  # the picture of a user's profile
    "registration_url",  # the public page of a meeting
    "session_key",  # an app's id for a session
    "summary_doc_url",  # a document that requires a sign-in
    "survey_url",  # the public page of a survey
    "tracking_url",  # the public page of a registration
}
"""Fields that are called like secrets, and were found to hold none."""


def canary(name: str) -> str:
    return f"canary of {name}."


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__qualname__)
def test_repr_hides_secrets(struct: type[msgspec.Struct]) -> None:
    """A field that is called like a secret is hidden, and any other field without a mark of its own is shown."""
    names = struct.__struct_fields__
    value = struct(**{name: canary(name) for name in names})
    hidden = {name for name in names if canary(name) not in repr(value)}

    assert {name for name in names if SECRET_NAME.search(name)} - NO_SECRETS == hidden
    assert {name for name in names if canary(name) not in pretty_repr(value, max_width=10_000)} == hidden
    assert [getattr(value, name) for name in names] == [canary(name) for name in names]
    assert all(f"{name}=" in repr(value) for name in names)


def test_reviewed_fields_exist() -> None:
    assert {name for struct in STRUCTS for name in struct.__struct_fields__} >= NO_SECRETS


@pytest.mark.parametrize(
    "value",
    [
        NewMeeting(topic="Round", password="canary"),
        NewSipUri(passcode="canary"),
        LivestreamUpdate(stream_url="canary", stream_key="canary", page_url="https://northpier.example"),
        SipUri(sip_dialing="84123450987.canary@zoomcrc.com"),
        Meeting(
            id=1,
            settings=MeetingSettingsInEffect(authentication_exception=(AuthenticationException(join_url="canary"),)),
        ),
        RegistrantsPage(items=(Registrant(id="r", email="e", first_name="f", join_url="canary"),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nested_secret_is_hidden(value: msgspec.Struct) -> None:
    """A secret appears in no text of a value that holds it, nor in a traceback with local variables."""

    def fail(*held: object) -> None:
        raise LookupError(len(held))

    with pytest.raises(LookupError) as caught:
        fail(value)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())

    assert f"held = ({type(value).__name__}(" in shown
    assert "canary" not in shown + f"{value} {value!r}" + pretty_repr([value])


def test_decoded_secret_is_hidden() -> None:
    """A decoded response hides secrets and is equal, hashable and encoded as before."""
    body = b'{"meetings":[{"id":1,"join_url":"https://zoom.us/j/1?pwd=canary"}]}'
    page = msgspec.json.decode(body, type=MeetingsPage)

    assert "canary" not in repr(page)
    assert page.items[0].join_url == "https://zoom.us/j/1?pwd=canary"
    assert hash(page) == hash(msgspec.json.decode(body, type=MeetingsPage))
    assert b"pwd=canary" in msgspec.json.encode(page)


class KeyUpdate(MaskedStruct, frozen=True, kw_only=True):
    key: Change[Secret[str]] = UNSET


def test_missing_secret_is_shown() -> None:
    """The repr shows that a secret was not sent, by None or UNSET."""

    assert repr(KeyUpdate()) == "KeyUpdate(key=UNSET)"
    assert repr(KeyUpdate(key=None)) == "KeyUpdate(key=None)"
    assert repr(KeyUpdate(key="canary")) == "KeyUpdate(key=<hidden>)"


def test_call_repr_hides_its_values() -> None:
    endpoint = Endpoint(route="POST /users/{userId}/meetings", label=Label.LIGHT, response=Meeting)
    call = endpoint.at("canary@northpier.example", body=NewMeeting(password="canary"), email="canary")

    assert "POST /users/{userId}/meetings" in repr(call)
    assert "canary" not in repr(call)
