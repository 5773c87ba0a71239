"""The partitions of a job in the memory of one worker, derived from listings that all workers see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from ...partitions import State
from ...streams import PartitionTask, Stream
from ..base import PartitionCount


class PartitionList:
    """All partitions of a job with their states, at some 200 bytes per partition."""

    def __init__(self) -> None:
        self._tasks: dict[str, dict[date, list[PartitionTask]]] = {}
        self._states: dict[str, dict[str, State]] = {}
        self._partitions: Counter[tuple[str, State]] = Counter()
        self._calls: Counter[tuple[str, State]] = Counter()

    def add(self, task: PartitionTask) -> bool:
        """Add *task* as pending; return False if it is there already."""
        states = self._states.setdefault(task.stream.name, {})
        if task.key in states:
            return False
        self._tasks.setdefault(task.stream.name, {}).setdefault(task.days[0], []).append(task)
        states[task.key] = State.PENDING
        self._count(task, State.PENDING, 1)
        return True

    def state(self, task: PartitionTask) -> State:
        """Return the state of *task*."""
        return self._states[task.stream.name][task.key]

    def set_state(self, task: PartitionTask, state: State) -> None:
        """Change the state of *task*."""
        self._count(task, self.state(task), -1)
        self._states[task.stream.name][task.key] = state
        self._count(task, state, 1)

    def replace_state(self, old: State, new: State) -> None:
        """Change the state of all partitions that are *old* to *new*."""
        for days in self._tasks.values():
            for task in chain.from_iterable(days.values()):
                if self.state(task) is old:
                    self.set_state(task, new)

    def tasks(self, streams: Sequence[Stream], state: State) -> Iterator[PartitionTask]:
        """Yield the partitions of *streams* in *state*, the oldest first, since reports expire."""
        by_day = [self._tasks.get(stream.name, {}) for stream in streams]
        for day in sorted(set[date]().union(*by_day)):
            of_day = list(chain.from_iterable(days.get(day, ()) for days in by_day))
            of_day.sort(key=lambda task: (task.stream.name, task.key))
            yield from (task for task in of_day if self.state(task) is state)

    def counts(self) -> Mapping[str, Mapping[State, PartitionCount]]:
        """Return the number of partitions by stream name and state."""
        states: dict[str, dict[State, PartitionCount]] = {}
        for (stream, state), partitions in self._partitions.items():
            if partitions:
                states.setdefault(stream, {})[state] = PartitionCount(partitions, self._calls[stream, state])
        return states

    def _count(self, task: PartitionTask, state: State, change: int) -> None:
        self._partitions[task.stream.name, state] += change
        self._calls[task.stream.name, state] += change * task.calls
