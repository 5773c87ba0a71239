"""Corrected labels: which responses of Zoom change the label that a route counts under."""

from __future__ import annotations

from itertools import combinations, cycle, islice, pairwise
from random import Random

import pytest

from zoomasync import Label
from zoomasync._core.labels import LabelCorrections, named_label
from zoomasync.events import Event, LabelCorrected
from zoomasync.types import Endpoint

LIGHT, MEDIUM, HEAVY, INTENSIVE = Label
FASTER_AND_SLOWER = list(combinations(Label, 2))


def endpoint(label: Label, route: str = "GET /rows") -> Endpoint[object]:
    return Endpoint(route=route, label=label, response=object)


def naming(text: str | None) -> dict[str, str]:
    """Return the headers of a response that names a label, or none."""
    return {} if text is None else {"x-ratelimit-category": text}


def labels_after(given: Label, *named: str | None) -> list[Label]:
    """Return the label of a route after each response; *named* are the labels in the responses."""
    corrections, route = LabelCorrections(), endpoint(given)
    labels: list[Label] = []
    for text in named:
        corrections.observe(route, naming(text))
        labels.append(corrections.label(route))
    return labels


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Light", LIGHT),
        ("Medium", MEDIUM),
        ("Heavy", HEAVY),
        ("Resource-intensive", INTENSIVE),
        ("RESOURCE-INTENSIVE", INTENSIVE),
        (" heavy ", HEAVY),
        ("", None),
        ("Extra-light", None),
        ("Light, Heavy", None),
        (None, None),
    ],
)
def test_label_in_header(text: str | None, label: Label | None) -> None:
    assert named_label(naming(text)) is label


@pytest.mark.parametrize(("faster", "slower"), FASTER_AND_SLOWER)
def test_slower_label_holds_at_once(faster: Label, slower: Label) -> None:
    assert labels_after(faster, faster, slower, slower) == [faster, slower, slower]


@pytest.mark.parametrize(("faster", "slower"), FASTER_AND_SLOWER)
def test_faster_label_takes_three(faster: Label, slower: Label) -> None:
    assert labels_after(slower, *[faster] * 4) == [slower, slower, faster, faster]


@pytest.mark.parametrize("other", [MEDIUM, HEAVY, INTENSIVE])
def test_other_label_starts_count_anew(other: Label) -> None:
    """Three responses that name a faster label are in a row only if no other label is named between them."""
    labels = labels_after(HEAVY, LIGHT, LIGHT, other, LIGHT, LIGHT, LIGHT)

    assert LIGHT not in labels[:5]
    assert labels[5] is LIGHT


@pytest.mark.parametrize("text", [None, "", "Feather"])
def test_no_known_label_changes_nothing(text: str | None) -> None:
    assert labels_after(HEAVY, text, LIGHT, text, LIGHT, text, LIGHT, text) == [HEAVY] * 5 + [LIGHT] * 2


@pytest.mark.parametrize("period", [4, 7, 20])
def test_changing_label_ends_slower(period: int) -> None:
    """A label that Zoom changes to and fro becomes the slower one, after few events."""
    named = [HEAVY, *[LIGHT] * (period - 1)]
    labels = labels_after(LIGHT, *islice(cycle(named), 100 * period))

    assert sum(before is not after for before, after in pairwise(labels)) <= 8
    assert set(labels[50 * period :]) == {HEAVY}


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_random_label_changes_rarely(share: float) -> None:
    """Responses that name two labels at random change the label of the route a few times in ten thousand."""
    rng = Random(1)
    labels = labels_after(LIGHT, *[LIGHT if rng.random() < share else HEAVY for _ in range(10_000)])

    assert sum(before is not after for before, after in pairwise(labels)) <= 20


def test_real_change_takes_effect() -> None:
    """After Zoom has changed to and fro, a faster label that stays still takes effect, after more responses."""
    labels = labels_after(LIGHT, HEAVY, *[LIGHT] * 3, HEAVY, *[LIGHT] * 6)

    assert labels[-7:] == [HEAVY] * 6 + [LIGHT]


def test_labels_of_routes_are_separate() -> None:
    corrections = LabelCorrections()
    corrections.observe(endpoint(LIGHT, "GET /a"), naming("Heavy"))

    assert corrections.label(endpoint(LIGHT, "GET /a")) is HEAVY
    assert corrections.label(endpoint(LIGHT, "GET /b")) is LIGHT
    assert LabelCorrections().label(endpoint(LIGHT, "GET /a")) is LIGHT


def test_callers_give_different_labels() -> None:
    """Zoom's label of a route holds for all its callers, whichever labels they give."""
    corrections = LabelCorrections()
    for _ in range(3):
        corrections.observe(endpoint(MEDIUM), naming("Light"))

    assert [corrections.label(endpoint(given)) for given in Label] == [LIGHT] * 4


def test_count_leaves_other_callers_alone() -> None:
    """A response that corrects nothing yet does not change the label that another caller gave."""
    corrections = LabelCorrections()
    corrections.observe(endpoint(MEDIUM), naming("Light"))

    assert [corrections.label(endpoint(given)) for given in Label] == list(Label)


def test_event_per_change() -> None:
    events: list[Event] = []
    corrections = LabelCorrections()
    corrections.on_event = events.append
    for text in ("Medium", "Heavy", "Heavy", None, "Medium", "Medium", "Medium", "Medium"):
        corrections.observe(endpoint(MEDIUM), naming(text))

    assert events == [LabelCorrected("GET /rows", MEDIUM, HEAVY), LabelCorrected("GET /rows", MEDIUM, MEDIUM)]
    assert [str(event) for event in events] == [
        "GET /rows: counted as heavy from now on: Zoom names this label instead of medium",
        "GET /rows: counted as medium again, which Zoom now names too",
    ]
