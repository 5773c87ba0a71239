"""The calls and mails that the plan of one target leads to."""

from __future__ import annotations

from collections.abc import Mapping

from .. import Label
from ._reading import TargetFacts
from ._writes import CHANGES_PER_CALL
from .desired import SyncTarget
from .plan import WRITES, Action
from .policy import SyncPolicy


def calls_of(
    counts: Mapping[Action, int], target: SyncTarget, facts: TargetFacts, policy: SyncPolicy, reads: int
) -> dict[Label, int]:
    """Return the calls that carry out a plan with these *counts*.

    The registrants are read once more, in so many *reads*, before the first change.
    """
    if not any(counts.get(action) for action in WRITES):
        return {}
    added = counts.get(Action.ADD, 0)
    changes = [counts.get(action, 0) for action in (Action.CANCEL, Action.DENY, Action.APPROVE)]
    if facts.manual_approval and policy.approves and target.kind == "webinar":
        changes.append(added)  # those are pending until they are approved
    status_calls = sum(-(-number // CHANGES_PER_CALL) for number in changes) * max(1, len(target.occurrence_ids))
    return {Label.LIGHT: added, Label.MEDIUM: reads + status_calls}


def mails_of(counts: Mapping[Action, int], facts: TargetFacts, policy: SyncPolicy) -> int | None:
    """Return the number of mails that Zoom then sends, or None if the settings of the target do not say."""
    confirms = False if facts.notifies is False else facts.confirms
    added = 0 if facts.manual_approval and not policy.approves else counts.get(Action.ADD, 0)
    removed = counts.get(Action.CANCEL, 0) + counts.get(Action.DENY, 0)
    mails = 0
    for number, sent in ((added + counts.get(Action.APPROVE, 0), confirms), (removed, facts.notifies)):
        if number and sent is None:
            return None
        mails += number if sent else 0
    return mails
