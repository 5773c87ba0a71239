"""Look-ups in an account whose lists a test changes in every way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from zoomasync.testing import Account, Host, Instance

START: Final = datetime(2026, 5, 4, 9, tzinfo=UTC)


def small() -> Account:
    """Return an account of two users with two instances each, the first of them known to the account's look-ups."""
    account = Account(today=date(2026, 6, 15))
    for name in ("a", "b"):
        host = account.add_host(id=name, email=f"{name}@x.example")
        for day in (2, 1):
            account.add_instance(host, start=START + timedelta(days=day), uuid=f"{name}{day}", id=80 + day)
    return account


def uuids(instances: list[Instance]) -> list[str]:
    return [each.uuid for each in instances]


def found(account: Account) -> tuple[list[str], list[str], list[str], list[bool], list[bool]]:
    """Return what each look-up finds of the instances and users that `small` and the changes have."""
    host = Host(id="a", email="", name="")
    return (
        uuids(account.instances_between(date.min, date.max)),
        uuids(account.instances_between(date(2026, 5, 5), date(2026, 5, 6), host=host)),
        uuids(account.instances_of(81)),
        [account.instance(name) is not None for name in ("a1", "a2", "b1", "b2", "new")],
        [account.host(name) is not None for name in ("a", "a@x.example", "b", "new")],
    )


def new_instance(account: Account) -> Instance:
    return replace(account.instances[0], uuid="new", start_time=START)


CHANGES: Final[dict[str, Callable[[Account], object]]] = {
    "append": lambda account: account.instances.append(new_instance(account)),
    "insert": lambda account: account.instances.insert(0, new_instance(account)),
    "extend": lambda account: account.instances.extend([new_instance(account)]),
    "replace": lambda account: account.instances.__setitem__(1, new_instance(account)),
    "reverse": lambda account: account.instances.reverse(),
    "remove": lambda account: account.instances.remove(account.instances[2]),
    "pop": lambda account: account.instances.pop(),
    "clear": lambda account: account.instances.clear(),
    "assign": lambda account: setattr(account, "instances", [new_instance(account)]),
    "new user": lambda account: account.hosts.append(Host(id="new", email="n@x.example", name="New")),
    "removed user": lambda account: account.hosts.pop(0),
    "renamed user": lambda account: account.hosts.__setitem__(1, replace(account.hosts[1], id="new")),
    "moved user": lambda account: account.other_users.append(account.hosts.pop()),
    "no users": lambda account: setattr(account, "hosts", []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_look_ups_follow_changes(change: str) -> None:
    """An account that was asked before a change finds the same as one that was not."""
    asked, fresh = small(), small()
    before = found(asked)
    CHANGES[change](asked)
    CHANGES[change](fresh)

    assert found(asked) == found(fresh)
    assert (found(asked) != before) is (change not in {"reverse", "moved user"})


def test_look_ups_are_in_order() -> None:
    """Instances are found in the order of their starts, then of their UUIDs; of equal names the first counts."""
    account = small()
    account.hosts.append(replace(account.hosts[0], name="Second"))
    account.instances.append(replace(account.instances[0], topic="Second"))

    assert found(account)[:3] == (["a1", "b1", "a2", "a2", "b2"], ["a1", "a2", "a2"], ["a1", "b1"])
    assert account.host("a") is account.hosts[0]
    assert account.instance("a2") is account.instances[0]


def test_range_of_days_includes_both() -> None:
    account = small()
    first, second = date(2026, 5, 5), date(2026, 5, 6)

    assert uuids(account.instances_between(first, first)) == ["a1", "b1"]
    assert uuids(account.instances_between(second, second, host=account.hosts[1])) == ["b2"]
    assert account.instances_between(second, first) == []
    assert account.instances_between(first, second, host=Host(id="c", email="", name="")) == []
    assert account.instances_of(99) == []
