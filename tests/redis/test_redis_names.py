from __future__ import annotations

from zoomasync.redis import limits_name, token_name
from zoomasync.redis._connection import hash_tag


def test_names_are_stable() -> None:
    """Processes of different versions must agree on the names."""
    assert limits_name("account") == "zoomasync-limits-9af211329b2fc82e5efe906062c73008"
    assert token_name("account", "client") == "zoomasync-token-7cb84411e9a44cf3137c6182b455836a"


def test_names_hide_ids() -> None:
    name = token_name("account", "client", "ada@example.com")

    assert not any(part in name for part in ("account", "client", "ada"))


def test_names_differ_by_every_id() -> None:
    names = {
        token_name("a", "c"),
        token_name("b", "c"),
        token_name("a", "d"),
        token_name("a", "c", "u"),
        token_name("ac", ""),
        token_name("a", "", "c"),
        limits_name("a"),
    }

    assert len(names) == 7


def test_names_make_keys() -> None:
    assert hash_tag(limits_name("a{b}\n")) == f"{{{limits_name('a{b}' + chr(10))}}}"
