"""Endpoints and calls: one operation of the API, and the same with its path, query and body filled in.

Both are frozen values. A retry sends the same `Call` again; the next page of a listing is the same call with another
page token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from .._label import Label
from ..errors import InvalidArgument
from .request_body import encode
from .routes import MeetingRef, Route, route_of

T_co = TypeVar("T_co", covariant=True)

QueryValue: TypeAlias = str | int | date | None
"""A value of a query parameter. None omits the parameter; True and False are sent as ``true`` and ``false``."""


class RetrySafety(Enum):
    """Whether a request can be sent twice without harm."""

    SAFE = "safe"
    IDEMPOTENT = "idempotent"
    NOT_IDEMPOTENT = "not idempotent"


class ResourceQuota(msgspec.Struct, frozen=True):
    """A limit of *per_day* requests per UTC day for one host or registrant.

    *kind* names the kind of resource, *key* the resource itself. The repr hides *key*, which may be an e-mail address.
    """

    kind: str
    key: str
    per_day: int

    def __repr__(self) -> str:
        return f"ResourceQuota(kind={self.kind!r}, per_day={self.per_day})"


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
    method: str = field(init=False, repr=False, compare=False)
    """The HTTP method."""
    retry_safety: RetrySafety = field(init=False, repr=False, compare=False)
    """Whether a call to this endpoint can be sent a second time without harm."""
    name: str = field(init=False, repr=False, compare=False)
    """The route, by which errors and events name its calls: a path may hold a personal id."""
    _route: Route = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Derived once: each call reads them several times.
        route = route_of(self.route)
        object.__setattr__(self, "_route", route)
        object.__setattr__(self, "method", route.method)
        object.__setattr__(self, "name", route.name)
        object.__setattr__(self, "retry_safety", _retry_safety(route.method, idempotent=self.idempotent))

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
        pairs = [
            (name.removesuffix("_"), _query_text(name, value)) for name, value in query.items() if value is not None
        ]
        return Call(endpoint=self, path=self._route.path(values), query=tuple(pairs), body=body)


def _retry_safety(method: str, *, idempotent: bool) -> RetrySafety:
    if method in {"GET", "HEAD"}:
        return RetrySafety.SAFE
    return RetrySafety.IDEMPOTENT if idempotent or method in {"PUT", "DELETE"} else RetrySafety.NOT_IDEMPOTENT


class Call(msgspec.Struct, Generic[T_co], frozen=True, kw_only=True):
    """An endpoint with its *path* (percent-encoded), *query* and *body* (JSON) filled in; the repr hides these three.

    Each successful call counts against its *resource_quotas*. The repr hides what may hold personal data.
    """

    endpoint: Endpoint[T_co]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    resource_quotas: tuple[ResourceQuota, ...] = ()

    def __repr__(self) -> str:
        return f"Call(endpoint={self.endpoint!r}, resource_quotas={self.resource_quotas!r})"

    @property
    def name(self) -> str:
        """The route, by which errors and events name the call: the path may hold a personal id."""
        return self.endpoint.name

    @property
    def target(self) -> str:
        """The path and query as they are sent."""
        return f"{self.path}?{'&'.join(map(_pair_text, self.query))}" if self.query else self.path

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
        return msgspec.structs.replace(self, resource_quotas=resource_quotas)

    def at_page(self, position: str | int) -> Call[T_co]:
        """Return the call for the page with this token or number. Zoom requires all other parameters unchanged."""
        others = tuple(pair for pair in self.query if pair[0] not in {_PAGE_TOKEN, _PAGE_NUMBER})
        name = _PAGE_NUMBER if isinstance(position, int) else _PAGE_TOKEN
        return msgspec.structs.replace(self, query=(*others, (name, str(position))))


_PAGE_TOKEN = "next_page_token"  # noqa: S105  the name of a parameter
_PAGE_NUMBER = "page_number"
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def _pair_text(pair: tuple[str, str]) -> str:
    name, value = pair
    return f"{_percent_encoded(name)}={_percent_encoded(value)}"


def _percent_encoded(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe="")  # to call `quote` takes three times as long


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
