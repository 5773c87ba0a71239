"""Endpoints and calls: one operation of the API, and the same with its path, query and body filled in.

Both are frozen values. A retry sends the same `Call` again; the next page of a listing is the same call with another
page token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import quote, unquote, urlencode

import msgspec

from .._label import Label
from ..errors import InvalidArgument
from .request_body import encode

T_co = TypeVar("T_co", covariant=True)

MeetingRef: TypeAlias = int | str
"""A meeting or webinar: its number, or the UUID of one instance. In reports a number means the latest instance."""

QueryValue: TypeAlias = str | int | date | None
"""A value of a query parameter. None omits the parameter; True and False are sent as ``true`` and ``false``."""


class RetrySafety(Enum):
    """Whether a request can be sent twice without harm."""

    SAFE = "safe"
    IDEMPOTENT = "idempotent"
    NOT_IDEMPOTENT = "not idempotent"


@dataclass(frozen=True, slots=True)
class ResourceQuota:
    """A limit of *per_day* requests per UTC day for one host or registrant.

    *kind* names the kind of resource, *key* the resource itself. The repr hides *key*, which may be an e-mail address.
    """

    kind: str
    key: str = field(repr=False)
    per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[T_co]):
    """One operation of Zoom's API, as the reference describes it.

    *route* is ``"METHOD /path/{placeholder}"`` and *response* the type that a successful response is decoded to. A
    token needs one of *scopes*, or one of the newer *granular_scopes*. *page_size* is the number of rows to request per
    page, for an operation with pages. *idempotent* marks a POST or PATCH that can be sent twice without harm.
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
        """Whether a call to this endpoint can be sent a second time without harm."""
        if self.method in {"GET", "HEAD"}:
            return RetrySafety.SAFE
        idempotent = self.idempotent or self.method in {"PUT", "DELETE"}
        return RetrySafety.IDEMPOTENT if idempotent else RetrySafety.NOT_IDEMPOTENT

    def at(self, *values: MeetingRef, body: msgspec.Struct | None = None, **query: QueryValue) -> Call[T_co]:
        """Return a call with *values* in the placeholders of the path, in order, and with *query* and *body*.

        A query parameter that is a Python keyword takes a trailing ``_``. Raises `InvalidArgument` for a value that
        cannot be part of a request.
        """
        if self.page_size is not None:
            query.setdefault("page_size", self.page_size)
        return self.at_encoded(values, query, None if body is None else encode(body))

    def at_encoded(
        self, values: tuple[MeetingRef, ...], query: Mapping[str, QueryValue], body: bytes | None = None
    ) -> Call[T_co]:
        """Return a call like `at`, with a *body* that is JSON already."""
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
    """An endpoint with its *path* (percent-encoded), *query* and *body* (JSON) filled in; the repr hides these three.

    Each successful call counts against its *resource_quotas*. The repr hides what may hold personal data.
    """

    endpoint: Endpoint[T_co]
    path: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    resource_quotas: tuple[ResourceQuota, ...] = ()

    @property
    def name(self) -> str:
        """The route, by which errors and events name the call: the path may hold a personal id."""
        return route_without_ids(self.endpoint.route)

    @property
    def target(self) -> str:
        """The path and query as they are sent."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path

    @property
    def resource(self) -> str:
        """The meeting or user that a write changes; Zoom rejects simultaneous writes on one of them."""
        return "/".join(self.path.split("/")[:3])

    @property
    def page_token(self) -> str:
        """The page token of this call, or the empty string."""
        return dict(self.query).get(_PAGE_TOKEN, "")

    def with_resource_quotas(self, *resource_quotas: ResourceQuota) -> Call[T_co]:
        """Return this call, counted against *resource_quotas*."""
        return replace(self, resource_quotas=resource_quotas)

    def at_page(self, position: str | int) -> Call[T_co]:
        """Return the call for the page with this token or number. Zoom requires all other parameters unchanged."""
        others = tuple(pair for pair in self.query if pair[0] not in {_PAGE_TOKEN, _PAGE_NUMBER})
        name = _PAGE_NUMBER if isinstance(position, int) else _PAGE_TOKEN
        return replace(self, query=(*others, (name, str(position))))


_PAGE_TOKEN = "next_page_token"  # noqa: S105  the name of a parameter
_PAGE_NUMBER = "page_number"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MEETING_PLACEHOLDERS = {"meetingId", "meetingUUID", "webinarId"}
# Base64, or the dashed form that Zoom shows in some places. Without dots a UUID cannot change the path.
_MEETING_UUID = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff/\\?#%]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_KEPT = {"", "{"}  # first characters: of the text before the first slash, and of placeholders
_WORD = re.compile(r"[a-z][a-z_.-]{0,40}\d{0,3}")
_LITERAL_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2}|\{\w+\})+)+")


@lru_cache(maxsize=1024)  # a program that writes ids into its routes has no end of them
def route_without_ids(route: str) -> str:
    """Return *route* with ``{}`` for the parts of its path that are no placeholders and do not look like words."""
    method, _, path = route.partition(" ")
    parts = (part if part[:1] in _KEPT or _WORD.fullmatch(part) else "{}" for part in path.split("/"))
    return f"{method} {'/'.join(parts)}"


def _fill_path(template: str, values: tuple[MeetingRef, ...]) -> str:
    if not _LITERAL_PATH.fullmatch(template) or {".", ".."} & set(unquote(template).split("/")):
        raise InvalidArgument("the path must begin with / and hold ids in placeholders, such as /users/{userId}")
    names = _PLACEHOLDER.findall(template)
    if len(names) != len(values):
        raise InvalidArgument(f"{template} has {len(names)} placeholder(s), but {len(values)} value(s) were given")
    filled = iter([_segment(name, value) for name, value in zip(names, values, strict=True)])
    return _PLACEHOLDER.sub(lambda _: next(filled), template)


def _segment(name: str, value: MeetingRef) -> str:
    """Return *value* percent-encoded as exactly one path segment."""
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
    # Zoom's router decodes a path before it splits it at slashes: https://developers.zoom.us/docs/api/using-zoom-apis/
    return quote(once, safe="") if value.startswith("/") or "//" in value else once


def _plain_segment(name: str, value: str) -> str:
    if not value or value in {".", ".."} or _UNSAFE.search(value):
        raise InvalidArgument(f"{name} must be one non-empty path segment without spaces or any of / \\ ? # %")
    return quote(value, safe="")


def _query_text(name: str, value: QueryValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        raise InvalidArgument(
            f"{name.removesuffix('_')} takes a date, not a datetime: Zoom's ranges are whole UTC days"
        )
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str | int):
        raise InvalidArgument(f"{name.removesuffix('_')} must be text, a number or a date, not {type(value).__name__}")
    text = str(value)
    if not text or _CONTROL.search(text):
        raise InvalidArgument(f"{name.removesuffix('_')} must not be empty or contain control characters")
    return text
