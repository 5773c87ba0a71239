"""Handlers of `/users` and `/users/{userId}`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final
from urllib.parse import unquote
from zlib import crc32

from ..account.host import Host
from ..protocol.request import FakeRequest
from ..protocol.responses import ErrorResponse
from ..protocol.times import at, iso
from .instance_rows import Row, without_keys
from .meeting_rows import SITE

_ROLES: Final = MappingProxyType({"0": "Owner", "1": "Admin", "2": "Member"})
_WORK_EMAIL: Final = 100
_ON_REQUEST: Final = frozenset({"custom_attributes", "host_key"})


def listing(request: FakeRequest) -> Row:
    """Return the users of the account with one status, of a role or with a licence."""
    chosen = request.query
    users = [
        each
        for each in request.account.users
        if not each.other_account
        and each.status == chosen.get("status", "active")
        and each.role_id == chosen.get("role_id", each.role_id)
        and ("license" not in chosen or chosen["license"] in each.licenses)
    ]
    omitted = _ON_REQUEST - {chosen.get("include_fields")}
    page = request.page(users, lambda user: without_keys(_listed_row(user), omitted))
    return {**page.numbered_envelope(), "users": page.rows}


def details(request: FakeRequest) -> Row:
    """Return a user by id, e-mail address or employee id; the fake knows no encrypted addresses.

    The reference does not say what a `login_type` does that the user lacks: here the user is not found.
    """
    name, chosen = unquote(request.path_value), request.query
    login_type = int(chosen.get("login_type", _WORK_EMAIL))
    by_employee_id = chosen.get("search_by_unique_id") == "true"
    user = next((each for each in request.account.users if name in _names(each, by_employee_id=by_employee_id)), None)
    if user is None or user.other_account or chosen.get("encrypted_email") == "true" or login_type != _WORK_EMAIL:
        raise ErrorResponse(404, 1001, f"User does not exist: {name}.")
    if user.invitation_expired:
        raise ErrorResponse(400, 1120, "A valid invitation to join the Zoom account was not found for this user.")
    row: Row = {
        **_listed_row(user),
        "account_id": request.account.id,
        "company": request.account.name,
        "jid": f"{user.id.lower()}@xmpp.zoom.example",
        "language": "en-US",
        "login_types": [_WORK_EMAIL],
        "personal_meeting_url": f"{SITE}/j/{user.pmi}",
        "role_name": _ROLES.get(user.role_id, ""),
        "use_pmi": False,
    }
    return {**row, "created_at": iso(request.now)} if user.status == "pending" else row


def _names(user: Host, *, by_employee_id: bool) -> set[str]:
    return {user.employee_unique_id} if by_employee_id else {user.id, user.email}


def _listed_row(user: Host) -> Row:
    first, _, last = user.name.partition(" ")
    created = iso(at(user.created, 8))
    row: Row = {
        "email": user.email,
        "first_name": first,
        "last_name": last,
        "display_name": user.name,
        "type": user.type,
        "status": user.status,
        "role_id": user.role_id,
        "pmi": int(user.pmi),
        "host_key": f"{crc32(user.email.encode()) % 10**6:06d}",
        "dept": user.dept,
        "timezone": user.timezone,
        "verified": int(user.status != "pending"),
        "created_at": created,
        "user_created_at": created,
        "group_ids": user.group_ids,
        "custom_attributes": user.custom_attributes,
    }
    if user.id:
        row["id"] = user.id
    if user.employee_unique_id:
        row["employee_unique_id"] = user.employee_unique_id
    if user.last_login:
        row |= {"last_login_time": iso(user.last_login), "last_client_version": "6.4.1.55012(mac)"}
    return row
