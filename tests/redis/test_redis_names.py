from __future__ import annotations

from zoomasync.redis import limits_name
from zoomasync.redis._connection import hash_tag


def test_names_are_stable() -> None:
    """Processes of different versions must agree on the names."""
    assert limits_name("account") == "zoomasync-limits-9af211329b2fc82e5efe906062c73008"


def test_names_differ_by_account() -> None:
    assert limits_name("account-1") != limits_name("account-2")


def test_names_hide_ids() -> None:
    assert "account" not in limits_name("account")


def test_names_make_keys() -> None:
    assert hash_tag(limits_name("a{b}\n")) == f"{{{limits_name('a{b}' + chr(10))}}}"
