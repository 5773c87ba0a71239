"""The list of what a worker still has to do, in memory: it is made of listings that all workers see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from ...partitions import State
from ...streams import Stream, Unit
from ..base import Outstanding


class ToDo:
    """What there is to do, and how it stands: some 200 bytes a partition."""

    def __init__(self) -> None:
        self._units: dict[str, dict[date, list[Unit]]] = {}
        self._states: dict[str, dict[str, State]] = {}
        self._partitions: Counter[tuple[str, State]] = Counter()
        self._calls: Counter[tuple[str, State]] = Counter()

    def add(self, unit: Unit) -> bool:
        """Let *unit* wait; return False if it is there already."""
        states = self._states.setdefault(unit.stream.name, {})
        if unit.key in states:
            return False
        self._units.setdefault(unit.stream.name, {}).setdefault(unit.days[0], []).append(unit)
        states[unit.key] = State.WAITING
        self._count(unit, State.WAITING, 1)
        return True

    def state(self, unit: Unit) -> State:
        """Return how *unit* stands."""
        return self._states[unit.stream.name][unit.key]

    def put(self, unit: Unit, state: State) -> None:
        """Write down how *unit* stands now."""
        self._count(unit, self.state(unit), -1)
        self._states[unit.stream.name][unit.key] = state
        self._count(unit, state, 1)

    def turn(self, before: State, after: State) -> None:
        """Let everything that stood as *before* stand as *after*."""
        for days in self._units.values():
            for unit in chain.from_iterable(days.values()):
                if self.state(unit) is before:
                    self.put(unit, after)

    def of(self, streams: Sequence[Stream], state: State) -> Iterator[Unit]:
        """Yield what stands so of *streams*, the oldest first, since reports expire."""
        by_day = [self._units.get(stream.name, {}) for stream in streams]
        for day in sorted(set[date]().union(*by_day)):
            of_day = chain.from_iterable(days.get(day, ()) for days in by_day)
            yield from (unit for unit in sorted(of_day, key=_order) if self.state(unit) is state)

    def counts(self) -> Mapping[str, Mapping[State, Outstanding]]:
        """Return how many there are of each stream and state."""
        found: dict[str, dict[State, Outstanding]] = {}
        for (stream, state), partitions in self._partitions.items():
            if partitions:
                found.setdefault(stream, {})[state] = Outstanding(partitions, self._calls[stream, state])
        return found

    def _count(self, unit: Unit, state: State, change: int) -> None:
        self._partitions[unit.stream.name, state] += change
        self._calls[unit.stream.name, state] += change * unit.calls


def _order(unit: Unit) -> tuple[str, str]:
    return unit.stream.name, unit.key
