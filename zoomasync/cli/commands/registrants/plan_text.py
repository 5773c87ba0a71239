"""A plan as text: a table of its targets, notes, sums and reasons, without addresses."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ....sync import Action, PlanTotals, StagedFile, SyncPlan, TargetPlan
from ...console import print_line, printable, table
from .reasons import Reasons

_MAX_TARGETS = 30
_EXPLAINED = (
    Action.IMPOSSIBLE,
    Action.REJECTED,
    Action.DIFFERS,
    Action.GONE,
    Action.SHARED_ADDRESS,
    Action.DEFERRED,
    Action.UNKNOWN,
)
"""The actions whose reasons are printed."""


def print_plan(plan: SyncPlan, totals: PlanTotals, staged: StagedFile | None, console: Console) -> None:
    """Print *plan* with its *totals*, and the rows of *staged* whose target is not readable."""
    targets = [each for each in plan.targets() if totals.targets <= _MAX_TARGETS or each.writes or each.error]
    reasons = _reasons_of(plan)
    rows = 0
    for row in staged.rejected() if staged else ():
        rows += 1
        reasons.add(Action.REJECTED, row.reason, row.row)
    _print_targets(targets, totals, console)
    if len(targets) < totals.targets:
        print_line(f"… and {totals.targets - len(targets):,} more without changes", console)
    for each in targets:
        for note in (*each.notes, *([f"not planned: {each.error}"] if each.error else ())):
            print_line(f"{each.target}: {note}", console)
    for line in reasons.lines():
        print_line(line, console)
    if rows:
        print_line(f"{rows:,} {'row names' if rows == 1 else 'rows name'} no readable meeting or webinar", console)
    for line in totals.lines():
        print_line(line, console)
    if staged and staged.unused_statuses:
        print_line(f"No row has the status {', '.join(sorted(staged.unused_statuses))}: check --cancel-when.", console)


def _reasons_of(plan: SyncPlan) -> Reasons:
    reasons = Reasons()
    for target, change in plan.changes(*_EXPLAINED):
        if not target.error or change.action is Action.REJECTED:  # the error of a target is printed once
            reasons.add(change.action, change.reason, change.row, change.code)
    return reasons


def _print_targets(targets: Sequence[TargetPlan], totals: PlanTotals, console: Console) -> None:
    if not targets:
        return
    actions = [action for action in Action if totals.counts.get(action)]
    has_unlisted = any(each.unlisted for each in targets)
    headings = [action.value.replace("_", " ") for action in actions]
    lines = table("target", *headings, *(["not on the list"] if has_unlisted else []))
    for each in targets:
        numbers = [each.counts.get(action, 0) for action in actions] + [each.unlisted] * has_unlisted
        lines.add_row(Text(printable(str(each.target))), *(f"{number:,}" if number else "" for number in numbers))
    console.print(lines)
