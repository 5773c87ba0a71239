"""The options of ``zoomasync registrants``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from .harvest_options import PlanName

MeetingId: TypeAlias = Annotated[
    str | None, Parameter(name="--meeting", help="Number of a meeting, with or without spaces and hyphens.")
]
WebinarId: TypeAlias = Annotated[
    str | None, Parameter(name="--webinar", help="Number of a webinar, with or without spaces and hyphens.")
]
OccurrenceIds: TypeAlias = Annotated[
    list[str] | None,
    Parameter(name="--occurrence", help="ID of an occurrence of that meeting or webinar; can be repeated."),
]
JournalPath: TypeAlias = Annotated[
    Path | None,
    Parameter(help="SQLite file of the journal. [default: one per account in ~/.local/state/zoomasync]"),
]

_ACCOUNT_FIELDS = frozenset({"journal", "plan", "trust_env", "redis", "simulate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOptions:
    """The options of a command that uses an account; the help texts describe them."""

    meeting: MeetingId = None
    webinar: WebinarId = None
    occurrence: OccurrenceIds = None
    journal: JournalPath = None
    plan: PlanName = None
    trust_env: Annotated[
        bool,
        Parameter(env_var="ZOOM_TRUST_ENV", help="Use the proxy that the environment names, such as HTTPS_PROXY."),
    ] = False
    redis: Annotated[
        str | None, Parameter(help="Redis URL. Share the rate limits and the access token with other machines.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions(AccountOptions):
    """The options of ``plan`` and ``apply``; None is the default of the policy."""

    map: Annotated[
        list[str] | None,
        Parameter(help='Field of a column whose heading is not a standard name: "E-Mail=email"; can be repeated.'),
    ] = None
    cancel_when: Annotated[
        list[str] | None,
        Parameter(help="Values of the column status that mean cancelled, such as Cancelled,Refunded."),
    ] = None
    encoding: Annotated[
        str | None, Parameter(help="Encoding of the file, such as cp1252. [default: UTF-8, or by its byte order mark]")
    ] = None
    on_absent: Annotated[
        Literal["keep", "cancel", "deny"] | None,
        Parameter(help="Action for registered people who are not on the list. [default: keep]"),
    ] = None
    absent_scope: Annotated[
        Literal["ours", "all"] | None,
        Parameter(help="People whom --on-absent concerns: those that a sync added, or all. [default: ours]"),
    ] = None
    approve: Annotated[
        Literal["never", "ours", "all"] | None,
        Parameter(help="Pending people of the list to approve: those that a sync added, or all. [default: never]"),
    ] = None
    on_denied: Annotated[
        Literal["keep", "approve"] | None,
        Parameter(help="Action for people of the list whose registration was denied. [default: keep]"),
    ] = None
    on_gone: Annotated[
        Literal["report", "readd"] | None,
        Parameter(
            help="Action for people of the list who were registered, and were cancelled or removed at Zoom. With "
            "readd, they get a new join link. [default: report]"
        ),
    ] = None
    max_cancel: Annotated[
        str | None,
        Parameter(
            help="Most cancellations and denials per meeting or webinar, such as 40 or 20%. More are held back. "
            "[default: 10%, or 5 if that is more]"
        ),
    ] = None
    simulate: Annotated[
        list[int] | None,
        Parameter(
            consume_multiple=(0, 1),
            allow_repeating=False,
            help="Use a simulated account on this machine, which the SEED selects, and no credentials. Meetings and "
            "webinars that it lacks are added to it. Write it after FILE. [default seed: 7]",
        ),
    ] = None

    @property
    def seed(self) -> int | None:
        """The seed of the simulated account, or None for a real one."""
        return None if self.simulate is None else (self.simulate or [7])[0]

    def not_for_plan_files(self) -> list[str]:
        """Return the names of the options that are set and belong to a list of people or its policy."""
        return [
            f"--{field.name.replace('_', '-')}"
            for field in fields(self)
            if field.name not in _ACCOUNT_FIELDS and getattr(self, field.name) is not None
        ]
