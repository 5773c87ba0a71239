from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import ZoomError, errors
from zoomasync.errors import (
    BadRequest,
    DailyLimitReached,
    DecodeError,
    FieldError,
    NotFound,
    OutcomeUnknown,
    PagingLoop,
    PermissionDenied,
    RedisUnavailable,
    ResourceLimitReached,
    ServerError,
    StatusError,
    TimedOut,
)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    assert _drawn(errors.__doc__ or "") == _real(ZoomError)


def _drawn(docstring: str) -> dict[str, str]:
    """Return the parent of every class in the drawing."""
    lines = [
        line.strip("\n")[4:] for line in docstring.partition("::")[2].partition("``")[0].splitlines() if line.strip()
    ]
    parents: dict[str, str] = {}
    path = [lines[0]]
    for line in lines[1:]:
        branch = re.match(r"[│ ]*[├└]── ", line)
        assert branch, line
        depth = len(branch[0]) // 4
        names = re.split(r"\s{2,}", line[branch.end() :])[0].split(" · ")
        path = [*path[:depth], names[-1]]
        parents.update(dict.fromkeys(names, path[depth - 1]))
    return parents


def _real(parent: type[ZoomError]) -> dict[str, str]:
    parents: dict[str, str] = {}
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            parents |= {child.__name__: parent.__name__, **_real(child)}
    return parents


def test_every_error_is_public() -> None:
    assert {*errors.__all__} == {*_real(ZoomError), "ZoomError", "FieldError"}
    assert errors.__all__ == sorted(errors.__all__)


def test_the_permission_that_lacks_is_named_beside_what_zoom_said() -> None:
    error = PermissionDenied(
        "GET /report/daily",
        400,
        code=200,
        message="No permission.",
        scopes=("report:read:admin", "report:read:x:admin"),
    )

    assert str(error) == (
        "GET /report/daily -> 400 (Zoom code 200): No permission. Needs one of: report:read:admin, report:read:x:admin"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        pytest.param(StatusError("GET /x", 302), "GET /x -> 302: no message", id="no message"),
        pytest.param(
            ServerError("GET /x", 502, message="oops", tracking_id="WEB_1"),
            "GET /x -> 502: oops [tracking id WEB_1]",
            id="tracking id",
        ),
        pytest.param(
            BadRequest("GET /x", 400, code=300, message="Validation Failed.", fields=(FieldError("type", "Invalid."),)),
            "GET /x -> 400 (Zoom code 300): Validation Failed. type: Invalid.",
            id="complaints",
        ),
        pytest.param(
            TimedOut("GET /x", "no complete reply in time"), "GET /x: no complete reply in time", id="transport"
        ),
        pytest.param(
            RedisUnavailable("no lease can be acquired: Redis did not answer within 2 seconds"),
            "nothing is sent: no lease can be acquired: Redis did not answer within 2 seconds. Check the Redis server; "
            "a FallbackRateLimiter can limit the rate while it is unavailable",
            id="redis away",
        ),
        pytest.param(
            OutcomeUnknown("POST /x", TimedOut("POST /x", "late")),
            "POST /x may or may not have happened; look before you repeat it. Cause: POST /x: late",
            id="outcome unknown",
        ),
        pytest.param(
            DecodeError("GET /x", "Page", "$.rows[3].id", "Expected `int`, got `str`"),
            "GET /x: the reply is no Page: Expected `int`, got `str` at $.rows[3].id",
            id="decode",
        ),
        pytest.param(
            PagingLoop("GET /x", 2),
            "GET /x: page 2 repeats an earlier page token, so this listing would never end",
            id="loop",
        ),
    ],
)
def test_an_error_is_one_line_to_act_on(error: ZoomError, line: str) -> None:
    assert str(error) == line


@pytest.mark.parametrize("kind", [DailyLimitReached, ResourceLimitReached])
def test_a_spent_budget_says_when_the_next_begins(kind: type[DailyLimitReached | ResourceLimitReached]) -> None:
    error = kind("GET /x", 429, code=429, message="Too many.")
    error.resumes_at = datetime(2026, 3, 19, tzinfo=UTC)

    assert "2026-03-19T00:00:00Z" in str(error)


NASTY = st.text(st.sampled_from(" \n\r\t\x0b\x0c\x1c\x85\u2028\u2029ab@.:"))


@given(NASTY, NASTY, NASTY)
def test_an_error_stays_on_one_line_whatever_zoom_says(message: str, field: str, tracking_id: str) -> None:
    error = BadRequest("GET /x", 400, message=message, fields=(FieldError(field, message),), tracking_id=tracking_id)

    assert len(str(error).splitlines()) == 1
    assert len(str(OutcomeUnknown("POST /x", error)).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "User does not exist: {}.",
        "<{}>",
        'the user "{}" left',
        "user={}",
        "({},{})",
        "[{}]",
        "mailto:{}",
        "x" * 290 + " {}",
        "a\n{}\nb",
    ],
)
@pytest.mark.parametrize("address", ["canary@example.com", "canary+zoom.x@mail.example.co.uk", "canary@localhost"])
def test_no_address_gets_into_a_line(text: str, address: str) -> None:
    message = text.format(address, address)

    error = BadRequest("GET /x", 400, message=message, fields=(FieldError("email", message),))

    assert "canary" not in str(error)
    assert "canary" not in repr(error)
    assert error.message == message


def test_a_long_message_is_cut() -> None:
    assert len(str(BadRequest("GET /x", 400, message="word " * 10_000))) < 400


def test_an_error_survives_the_way_to_another_process() -> None:
    error = NotFound("GET /rows", 404, code=3001, message="Gone.", tracking_id="WEB_1", scopes=("row:read",))

    copied = pickle.loads(pickle.dumps(error))  # noqa: S301  our own

    assert (type(copied), str(copied), vars(copied)) == (NotFound, str(error), vars(error))
