"""The resources that a user's token reaches without an account-wide scope: those of the user alone."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from ..account.account import Account
from ..account.host import Host
from ..account.instance import Instance
from ..account.meeting import ScheduledMeeting
from ..account.recording import Recording, RecordingFile
from ..reference.operations import Operation
from .access_tokens import is_account_wide
from .request import decode_uuid
from .responses import access_not_permitted, missing_scopes

_MEETING: Final = re.compile(r"\{(meetingId|webinarId|meetingUUID)\}")
_NUMBER: Final = re.compile(r"\d{1,19}", re.ASCII)


def names_me(operation: Operation, path_values: tuple[str, ...]) -> bool:
    """Return whether the path has the keyword "me" in the place of a user."""
    return "{userId}" in operation.route and unquote(path_values[0]) == "me"


def check_own(account: Account, caller: Host, operation: Operation, path_values: tuple[str, ...]) -> None:
    """Raise the error if *operation* is about resources of another user than *caller*.

    A user has to be written as "me", and even the caller's own id is an error about scopes, as in
    https://devforum.zoom.us/t/scope-for-recordings-v2-users-userid-recordings/5577 and
    https://developers.zoom.us/docs/api/using-zoom-apis/#requests-for-oauth-apps. The reference does not say what the
    list of all users is for such a token; here it is the same error. An unknown meeting is left to the handler.
    """
    is_own = names_me(operation, path_values) if "{userId}" in operation.route else operation.name != "users.list"
    if not is_own:
        raise missing_scopes(filter(is_account_wide, operation.granular_scopes))
    if _MEETING.search(operation.route) and (owners := _owners(account, path_values[0])) and caller.id not in owners:
        raise access_not_permitted()


def check_own_file(account: Account, caller: Host, file: RecordingFile) -> None:
    """Raise the error if *file* belongs to a recording of another user; Zoom's answer to that is not known."""
    if any(file in each.files and each.host.id != caller.id for each in account.recordings):
        raise access_not_permitted()


def _owners(account: Account, segment: str) -> set[str]:
    """Return the ids of the hosts of everything that has the number, or the UUID, in a path segment."""
    named: list[ScheduledMeeting | Instance | Recording] = []
    named += (*account.scheduled_meetings, *account.scheduled_webinars, *account.instances, *account.recordings)
    number = int(segment) if _NUMBER.fullmatch(segment) else None
    uuid = decode_uuid(segment)
    return {each.host.id for each in named if number == each.id or (number is None and uuid == each.uuid)}
