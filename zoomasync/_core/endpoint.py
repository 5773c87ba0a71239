"""An endpoint, and a call to it: two values that know how Zoom spells a request.

An `Endpoint` is what the reference says of one operation. ``endpoint.at(...)`` fills it in and gives a `Call`, which a
retry sends again as it is and a next page sends with another token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import quote, unquote, urlencode

import msgspec

from .._label import Label
from ..errors import InvalidArgument
from .request_body import encode

T_co = TypeVar("T_co", covariant=True)

MeetingRef: TypeAlias = int | str
"""A meeting or webinar: its number (its latest instance, in reports) or the UUID of one instance."""

QueryValue: TypeAlias = str | int | date | None
"""What a query parameter may be given as; None leaves it out, True and False become ``true`` and ``false``."""


class RetrySafety(Enum):
    """What a second send could do: nothing, the same again, or the deed twice."""

    SAFE = "safe"
    IDEMPOTENT = "idempotent"
    NOT_IDEMPOTENT = "write"


@dataclass(frozen=True, slots=True)
class ResourceQuota:
    """One thing of which Zoom limits the changes of a UTC day: a host, or a registrant. Its repr does not show who."""

    kind: str
    key: str = field(repr=False)
    per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[T_co]):
    """One operation as the reference prints it.

    *route* is ``"METHOD /path/{placeholder}"``, *scopes* and *granular_scopes* are the two spellings of what a token
    needs one of, *response* is what a success decodes to, *page_size* the rows to ask for where the operation is paged.
    *idempotent* marks a POST or PATCH that does the same thing when it is sent twice.
    """

    route: str
    label: Label
    response: type[T_co]
    scopes: tuple[str, ...] = ()
    granular_scopes: tuple[str, ...] = ()
    page_size: int | None = None
    idempotent: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.partition(" ")[0]

    @property
    def retry_safety(self) -> RetrySafety:
        """What sending a call to this endpoint again could do."""
        if self.method in {"GET", "HEAD"}:
            return RetrySafety.SAFE
        return (
            RetrySafety.IDEMPOTENT
            if self.idempotent or self.method in {"PUT", "DELETE"}
            else RetrySafety.NOT_IDEMPOTENT
        )

    def at(self, *values: MeetingRef, body: msgspec.Struct | None = None, **query: QueryValue) -> Call[T_co]:
        """Fill in the placeholders of the path, in order, and the query.

        A query parameter whose name is a Python keyword is given with a trailing ``_``. Raises `InvalidArgument` for
        what cannot be part of a request.
        """
        if self.page_size is not None:
            query.setdefault("page_size", self.page_size)
        return self.fill(values, query, None if body is None else encode(body))

    def fill(
        self, values: tuple[MeetingRef, ...], query: Mapping[str, QueryValue], body: bytes | None = None
    ) -> Call[T_co]:
        """Fill in the path and the query, with a body that is JSON already."""
        return Call(
            endpoint=self,
            path=_fill_path(self.route.partition(" ")[2], values),
            query=tuple(
                (name.removesuffix("_"), _query_text(name, value)) for name, value in query.items() if value is not None
            ),
            body=body,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T_co]):
    """One request as a value: an endpoint with its *path* (percent-encoded), *query* and *body* (JSON).

    *spends* are the entities of whose day it uses one.
    """

    endpoint: Endpoint[T_co]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    resource_quotas: tuple[ResourceQuota, ...] = ()

    @property
    def name(self) -> str:
        """The route: what errors call this, since the path may hold a personal id."""
        return self.endpoint.route

    @property
    def target(self) -> str:
        """Path and query as they go on the wire."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path

    @property
    def resource(self) -> str:
        """What a write changes, as far as Zoom minds two at once: one meeting, or one user."""
        return "/".join(self.path.split("/")[:3])

    @property
    def page_token(self) -> str:
        """The page token that this call carries, or the empty string."""
        return dict(self.query).get(_PAGE_TOKEN, "")

    def spending(self, *resource_quotas: ResourceQuota) -> Call[T_co]:
        """Return the call with the entities of whose day it uses one."""
        return replace(self, resource_quotas=resource_quotas)

    def after(self, token: str) -> Call[T_co]:
        """Return the call for the page behind *token*: every other parameter stays, as Zoom demands."""
        kept = tuple(pair for pair in self.query if pair[0] != _PAGE_TOKEN)
        return replace(self, query=(*kept, (_PAGE_TOKEN, token)))


_PAGE_TOKEN = "next_page_token"  # noqa: S105  a parameter's name
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MEETING_PLACEHOLDERS = {"meetingId", "webinarId"}
# Base64, or the dashed form that some surfaces show. No dots, so no path tricks.
_MEETING_UUID = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff/\\?#%]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LITERAL_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2}|\{\w+\})+)+")


def _fill_path(template: str, values: tuple[MeetingRef, ...]) -> str:
    if not _LITERAL_PATH.fullmatch(template) or {".", ".."} & set(unquote(template).split("/")):
        raise InvalidArgument("not a path below the base URL, with ids in placeholders such as {userId}")
    names = _PLACEHOLDER.findall(template)
    if len(names) != len(values):
        raise InvalidArgument(f"{template} takes {len(names)} path value(s), not {len(values)}")
    filled = iter([_segment(name, value) for name, value in zip(names, values, strict=True)])
    return _PLACEHOLDER.sub(lambda _: next(filled), template)


def _segment(name: str, value: MeetingRef) -> str:
    """Return *value* as exactly one path segment."""
    if isinstance(value, bool) or not isinstance(value, int | str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers without a type checker
        raise InvalidArgument(f"{name} must be a number or text, not {type(value).__name__}")
    return _meeting_segment(name, value) if name in _MEETING_PLACEHOLDERS else _plain_segment(name, str(value))


def _meeting_segment(name: str, value: MeetingRef) -> str:
    if isinstance(value, int):
        if not 0 < value < 2**63:
            raise InvalidArgument(f"{name} must be a positive 64-bit number")
        return str(value)
    if not _MEETING_UUID.fullmatch(value):
        raise InvalidArgument(f"{name} must be a number or a UUID of letters, digits, '+', '/', '-', '_' and '='")
    once = quote(value, safe="")
    # Zoom's router decodes once before it looks for slashes: https://developers.zoom.us/docs/api/using-zoom-apis/
    return quote(once, safe="") if value.startswith("/") or "//" in value else once


def _plain_segment(name: str, value: str) -> str:
    if not value or value in {".", ".."} or _UNSAFE.search(value):
        raise InvalidArgument(f"{name} must be one non-empty path segment without spaces or any of / \\ ? # %")
    return quote(value, safe="")


def _query_text(name: str, value: QueryValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        raise InvalidArgument(f"{name.removesuffix('_')} takes a date, not a datetime: Zoom counts whole UTC days")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if not text or _CONTROL.search(text):
        raise InvalidArgument(f"{name.removesuffix('_')} must not be empty or contain control characters")
    return text
