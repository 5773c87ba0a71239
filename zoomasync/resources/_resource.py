"""The base class of all namespaces, and the endpoints that all of them but the reports have."""

from __future__ import annotations

from typing import TypeVar

from .._core.endpoint import Endpoint, ResourceQuota
from .._core.session import Session
from .._label import Label
from ..models.field_types import Change

T = TypeVar("T")

# The reference lists the same scopes in two orders.
READ, ADMIN_READ = ("meeting:read", "meeting:read:admin"), ("meeting:read:admin", "meeting:read")
WRITE, ADMIN_WRITE = ("meeting:write", "meeting:write:admin"), ("meeting:write:admin", "meeting:write")
WEBINAR_READ, WEBINAR_ADMIN_READ = ("webinar:read", "webinar:read:admin"), ("webinar:read:admin", "webinar:read")
WEBINAR_WRITE, WEBINAR_ADMIN_WRITE = ("webinar:write", "webinar:write:admin"), ("webinar:write:admin", "webinar:write")
RECORDING_READ, RECORDING_WRITE = (
    ("recording:read:admin", "recording:read"),
    ("recording:write:admin", "recording:write"),
)
RECORDING_LEVELS = ("", ":admin", ":master")
_CHANGES_PER_HOST = 100


class Resource:
    """A group of endpoints of one client."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def endpoints(cls) -> dict[str, Endpoint[object]]:
        """Return the endpoints by the name of the method that calls them."""
        return {name.lower(): value for name, value in vars(cls).items() if isinstance(value, Endpoint)}


def endpoint(
    route: str,
    label: Label,
    response: type[T],
    scopes: tuple[str, ...],
    granular_scope: str,
    *,
    levels: tuple[str, ...] = ("", ":admin"),
    page_size: int | None = None,
    idempotent: bool = False,
) -> Endpoint[T]:
    """Return an endpoint that needs *granular_scope* at one of *levels*.

    Without a suffix the scope is for one user, with ``:admin`` for all users, with ``:master`` for sub-accounts too.
    """
    return Endpoint(
        route=route,
        label=label,
        response=response,
        scopes=scopes,
        granular_scopes=tuple(f"{granular_scope}{level}" for level in levels),
        page_size=page_size,
        idempotent=idempotent,
    )


def host_quota(user_id: str) -> ResourceQuota:
    """Return the quota of a host: 100 meetings and webinars per day that are created or updated.

    The id, each e-mail address and "me" are separate keys, though they may name one host. An update that does not name
    the host counts in no quota, because its response does not contain the host either.
    """
    key = user_id.strip()
    return ResourceQuota("host", key.casefold() if "@" in key else key, _CHANGES_PER_HOST)


def named_host_quota(schedule_for: Change[str]) -> tuple[ResourceQuota, ...]:
    """Return the quota of the host that an update names, if it names one."""
    return (host_quota(schedule_for),) if schedule_for else ()
