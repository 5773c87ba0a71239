"""The policy of a sync: its values, and the guard's numbers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from zoomasync.errors import ConfigError, InvalidArgument
from zoomasync.sync import SyncPolicy, SyncTarget


def test_default_changes_nobody() -> None:
    assert SyncPolicy() == SyncPolicy(
        on_absent="keep",
        absent_scope="ours",
        approve="never",
        on_denied="keep",
        on_gone="report",
        max_cancel=None,
        list_delay=30.0,
    )
    assert not SyncPolicy().approves


@pytest.mark.parametrize(
    "wrong",
    [
        {"on_absent": "delete"},
        {"absent_scope": "theirs"},
        {"approve": True},
        {"on_denied": "deny"},
        {"on_gone": ""},
        {"max_cancel": "10 %"},
        {"max_cancel": "-1"},
        {"max_cancel": "1.5"},
        {"max_cancel": ""},
        {"max_cancel": "\N{ARABIC-INDIC DIGIT THREE}"},
        {"list_delay": -1.0},
        {"list_delay": float("inf")},
        {"list_delay": float("nan")},
    ],
    ids=str,
)
def test_invalid_value_is_a_config_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        SyncPolicy(**wrong)


@pytest.mark.parametrize(
    ("max_cancel", "registered", "most"),
    [
        (None, 0, 5),
        (None, 59, 5),
        (None, 60, 6),
        (None, 4_999, 499),
        ("0", 4_999, 0),
        ("40", 10, 40),
        ("0%", 4_999, 0),
        ("20%", 4, 0),
        ("20%", 5, 1),
        ("100%", 7, 7),
    ],
)
def test_most_cancellations(max_cancel: str | None, registered: int, most: int) -> None:
    assert SyncPolicy(max_cancel=max_cancel).most_cancellations(registered) == most


def test_policy_of_file_is_checked() -> None:
    policy = SyncPolicy(on_absent="deny", max_cancel="20%")
    text = msgspec.json.encode(policy)

    assert msgspec.json.decode(text, type=SyncPolicy) == policy
    for wrong in (b'"20%"', b'"a fifth"'), (b'"deny"', b'"keep everyone"'):
        with pytest.raises((msgspec.ValidationError, ConfigError)):
            msgspec.json.decode(text.replace(*wrong), type=SyncPolicy)


@pytest.mark.parametrize("wrong", ["812 3456 7890", "81234567890", 8.5e10, True, 0, -1])
def test_target_is_a_number(wrong: int) -> None:
    with pytest.raises(InvalidArgument, match="must be its number"):
        SyncTarget.meeting(wrong)


def test_occurrences_have_one_order() -> None:
    one, other = SyncTarget.meeting(1, "2", "1", "2"), SyncTarget.meeting(1, "1", "2")

    assert one == other
    assert str(one) == "meeting 1 occurrence 1, 2"
    with pytest.raises(InvalidArgument, match="an occurrence ID"):
        SyncTarget.webinar(1, "May 5")
