"""The quota of one host, and the names of one host that share it."""

from __future__ import annotations

import pytest

from zoomasync.resources._resource import host_quota


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ada@lakeside.example", " ADA@Lakeside.example "),
        ("Jürgen@straße.example", "JÜRGEN@STRASSE.EXAMPLE"),
        ("KDcuGIm1QgePTO8WbOqwIQ", "KDcuGIm1QgePTO8WbOqwIQ "),
    ],
)
def test_spellings_share_a_quota(name: str, other: str) -> None:
    assert host_quota(name) == host_quota(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("KDcuGIm1QgePTO8WbOqwIQ", "kdcugim1qgepto8wboqwiq"),
        ("me", "ada@lakeside.example"),
        ("me", "KDcuGIm1QgePTO8WbOqwIQ"),
        ("ada@lakeside.example", "grace@lakeside.example"),
    ],
)
def test_hosts_have_separate_quotas(name: str, other: str) -> None:
    """The case of an id has a meaning."""
    assert host_quota(name) != host_quota(other)
