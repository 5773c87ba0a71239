"""The users and past instances of an account by the names that requests have for them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from .host import Host
from .instance import Instance


class UserIndex:
    """Users by id and by e-mail address.

    A test may change the account's lists at any time. Each look-up compares the users with those of the one before,
    which are mostly the same objects: that takes some microseconds, also for thousands of users.
    """

    def __init__(self) -> None:
        self._users: Sequence[Host] = ()
        self._by_name: dict[str, Host] = {}

    def find(self, users: Sequence[Host], name: str) -> Host | None:
        """Return the first of *users* with this id or e-mail address, or None."""
        if users != self._users:
            self._users = list(users)
            self._by_name = {}
            for user in users:
                self._by_name.setdefault(user.id, user)
                self._by_name.setdefault(user.email, user)
        return self._by_name.get(name)


class InstanceIndex:
    """Instances by UUID, by number, by host and by day, the oldest first; it follows changes as `UserIndex` does."""

    def __init__(self) -> None:
        self._instances: Sequence[Instance] = ()
        self._sorted: list[Instance] = []
        self._by_uuid: dict[str, Instance] = {}
        self._by_number: defaultdict[int, list[Instance]] = defaultdict(list)
        self._by_host: defaultdict[str, list[Instance]] = defaultdict(list)

    def with_uuid(self, instances: Sequence[Instance], uuid: str) -> Instance | None:
        """Return the first of *instances* with this UUID, or None."""
        self._follow(instances)
        return self._by_uuid.get(uuid)

    def with_number(self, instances: Sequence[Instance], number: int) -> list[Instance]:
        """Return those of *instances* with this meeting number."""
        self._follow(instances)
        return list(self._by_number.get(number, ()))

    def between(self, instances: Sequence[Instance], first: date, last: date, host: Host | None) -> list[Instance]:
        """Return those of *instances* that started on these days, of all hosts or of one."""
        self._follow(instances)
        chosen = self._sorted if host is None else self._by_host.get(host.id, [])
        start = bisect_left(chosen, first, key=_day)
        return chosen[start : bisect_right(chosen, last, lo=start, key=_day)]

    def _follow(self, instances: Sequence[Instance]) -> None:
        if instances == self._instances:
            return
        self._instances = list(instances)
        self._sorted = sorted(instances, key=_start_and_uuid)
        for index in (self._by_uuid, self._by_number, self._by_host):
            index.clear()
        for each in instances:
            self._by_uuid.setdefault(each.uuid, each)
        for each in self._sorted:
            self._by_number[each.id].append(each)
            self._by_host[each.host.id].append(each)


def _start_and_uuid(instance: Instance) -> tuple[datetime, str]:
    return instance.start_time, instance.uuid


def _day(instance: Instance) -> date:
    return instance.day
