"""The list of what a worker still has to do, in memory: it is made of listings that all workers see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from ...partitions import State
from ...streams import PartitionTask, Stream
from ..base import Outstanding


class PartitionList:
    """What there is to do, and how it stands: some 200 bytes a partition."""

    def __init__(self) -> None:
        self._units: dict[str, dict[date, list[PartitionTask]]] = {}
        self._states: dict[str, dict[str, State]] = {}
        self._partitions: Counter[tuple[str, State]] = Counter()
        self._calls: Counter[tuple[str, State]] = Counter()

    def add(self, task: PartitionTask) -> bool:
        """Let *unit* wait; return False if it is there already."""
        states = self._states.setdefault(task.stream.name, {})
        if task.key in states:
            return False
        self._units.setdefault(task.stream.name, {}).setdefault(task.days[0], []).append(task)
        states[task.key] = State.PENDING
        self._count(task, State.PENDING, 1)
        return True

    def state(self, task: PartitionTask) -> State:
        """Return how *unit* stands."""
        return self._states[task.stream.name][task.key]

    def put(self, task: PartitionTask, state: State) -> None:
        """Write down how *unit* stands now."""
        self._count(task, self.state(task), -1)
        self._states[task.stream.name][task.key] = state
        self._count(task, state, 1)

    def turn(self, before: State, after: State) -> None:
        """Let everything that stood as *before* stand as *after*."""
        for days in self._units.values():
            for task in chain.from_iterable(days.values()):
                if self.state(task) is before:
                    self.put(task, after)

    def of(self, streams: Sequence[Stream], state: State) -> Iterator[PartitionTask]:
        """Yield what stands so of *streams*, the oldest first, since reports expire."""
        by_day = [self._units.get(stream.name, {}) for stream in streams]
        for day in sorted(set[date]().union(*by_day)):
            of_day = chain.from_iterable(days.get(day, ()) for days in by_day)
            yield from (task for task in sorted(of_day, key=_order) if self.state(task) is state)

    def counts(self) -> Mapping[str, Mapping[State, Outstanding]]:
        """Return how many there are of each stream and state."""
        found: dict[str, dict[State, Outstanding]] = {}
        for (stream, state), partitions in self._partitions.items():
            if partitions:
                found.setdefault(stream, {})[state] = Outstanding(partitions, self._calls[stream, state])
        return found

    def _count(self, task: PartitionTask, state: State, change: int) -> None:
        self._partitions[task.stream.name, state] += change
        self._calls[task.stream.name, state] += change * task.calls


def _order(task: PartitionTask) -> tuple[str, str]:
    return task.stream.name, task.key
