"""The policy of a sync: which changes it may make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ..errors import ConfigError

OnAbsent: TypeAlias = Literal["keep", "cancel", "deny"]
AbsentScope: TypeAlias = Literal["ours", "all"]
Approve: TypeAlias = Literal["never", "ours", "all"]
OnDenied: TypeAlias = Literal["keep", "approve"]
OnGone: TypeAlias = Literal["report", "readd"]

_MAX_CANCEL = re.compile(r"\d{1,9}%?", re.ASCII)
_DEFAULT_NUMBER, _DEFAULT_PERCENT = 5, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """The changes that a sync may make. The default adds people, and changes nobody who is registered.

    - *on_absent*: "cancel" or "deny" the registrations of people who are not on the list. With *absent_scope* "ours",
      these are only people whom the journal knows as added by a sync; with "all", everyone.
    - *approve*: approve pending registrations of people on the list: "never", those that a sync added ("ours"), or
      "all". With "ours" and "all", people are added as approved.
    - *on_denied*: "approve" people on the list whose registration was denied.
    - *on_gone*: "readd" people on the list who were registered and no longer are, because they or the host cancelled
      at Zoom. They get a new join link and a new mail.
    - *max_cancel*: the most cancellations and denials per target, as a number ("40") or a share of the registered
      people ("20%"). A plan with more holds all of them back, and makes the other changes. The default is 10 %, or 5
      if that is more. Those of an empty list are always held back.
    - *list_delay*: the longest time, in seconds, for which Zoom's lists may lack a change. It decides when a
      registration whose response was lost counts as missing.
    """

    on_absent: OnAbsent = "keep"
    absent_scope: AbsentScope = "ours"
    approve: Approve = "never"
    on_denied: OnDenied = "keep"
    on_gone: OnGone = "report"
    max_cancel: str | None = None
    list_delay: float = 30.0

    def __post_init__(self) -> None:
        _check_choice("on_absent", self.on_absent, get_args(OnAbsent))
        _check_choice("absent_scope", self.absent_scope, get_args(AbsentScope))
        _check_choice("approve", self.approve, get_args(Approve))
        _check_choice("on_denied", self.on_denied, get_args(OnDenied))
        _check_choice("on_gone", self.on_gone, get_args(OnGone))
        if self.max_cancel is not None and not _MAX_CANCEL.fullmatch(str(self.max_cancel)):
            raise ConfigError("max_cancel is a number such as 40, or a share such as 20%")
        if not 0 <= self.list_delay < float("inf"):
            raise ConfigError("list_delay must be a number of seconds, 0 or more")

    def most_cancellations(self, registered: int) -> int:
        """Return the most cancellations and denials of a target with so many *registered* people.

        Those of an empty list are held back in any number.
        """
        if self.max_cancel is None:
            return max(_DEFAULT_NUMBER, registered * _DEFAULT_PERCENT // 100)
        number = int(str(self.max_cancel).removesuffix("%"))
        return registered * number // 100 if str(self.max_cancel).endswith("%") else number

    @property
    def may_remove_anyone(self) -> bool:
        """Whether people who are absent are cancelled or denied although no sync has added them."""
        return self.on_absent != "keep" and self.absent_scope == "all"

    @property
    def approves(self) -> bool:
        """Whether people are added as approved."""
        return self.approve != "never"


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{name} is one of {', '.join(choices)}")
