"""The simulated account of ``--simulate``, in which every target exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console

from ....sync import SyncTarget
from ....testing import FakeZoom, MeetingType, Occurrence
from ...console import print_line

_SOME_OCCURRENCES = 3  # people register for one or several occurrences


def add_targets(fake: FakeZoom, targets: Iterable[SyncTarget]) -> None:
    """Add the meetings and webinars of *targets* that the account lacks, with registration, and their occurrences."""
    account = fake.account
    added = set[tuple[str, int]]()
    for target in targets:
        is_webinar, key = target.kind == "webinar", (target.kind, target.id)
        meeting = account.scheduled_webinar(target.id) if is_webinar else account.scheduled_meeting(target.id)
        if meeting is None:
            added.add(key)
            meeting = account.add_meeting(
                id=target.id,
                type=_type_of(target),
                settings={"registration_type": _SOME_OCCURRENCES} if target.occurrence_ids else None,
            )
        if key in added:
            for occurrence_id in target.occurrence_ids:
                start = datetime.fromtimestamp(int(occurrence_id) / 1000, UTC)
                meeting.save_occurrence(Occurrence(start_time=start, duration=meeting.duration))


def _type_of(target: SyncTarget) -> MeetingType:
    if target.kind == "webinar":
        return 9 if target.occurrence_ids else 5
    return 8 if target.occurrence_ids else 2


def print_mails(fake: FakeZoom, console: Console) -> None:
    """Print the number of e-mails that Zoom would have sent."""
    kinds = Counter(mail.kind for mail in fake.mails)
    details = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    print_line(
        f"Simulated: Zoom would have sent {len(fake.mails):,} mails{f' ({details})' if details else ''}.", console
    )
