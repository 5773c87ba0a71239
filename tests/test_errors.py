from __future__ import annotations

import pickle
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoomasync import ZoomError, errors
from zoomasync.errors import (
    BadRequest,
    CircuitOpen,
    ConnectError,
    DailyLimitReached,
    DecodeError,
    FieldError,
    GatewayError,
    MissingScope,
    NotFound,
    OutcomeUnknown,
    PagingLoop,
    PayloadError,
    PermissionDenied,
    ReauthorizationRequired,
    RedisUnavailable,
    ResourceLimitReached,
    ServerError,
    StatusError,
    TimedOut,
    TLSError,
    TransportError,
    UnexpectedDateRange,
)


def test_docstring_tree_is_current() -> None:
    """The tree in the module docstring is the tree of the classes."""
    assert _documented_parents(errors.__doc__ or "") == _actual_parents(ZoomError)


def _documented_parents(docstring: str) -> dict[str, str]:
    """Return the parent of every class in the tree of *docstring*."""
    lines = [
        line.strip("\n")[4:]
        for line in docstring.partition("::")[2].partition("Nothing but")[0].splitlines()
        if line.strip()
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


def _actual_parents(parent: type[ZoomError]) -> dict[str, str]:
    parents: dict[str, str] = {}
    for child in parent.__subclasses__():
        if child.__module__ == errors.__name__:
            parents |= {child.__name__: parent.__name__, **_actual_parents(child)}
    return parents


def test_all_errors_are_exported() -> None:
    assert {*errors.__all__} == {*_actual_parents(ZoomError), "ZoomError", "FieldError"}
    assert errors.__all__ == sorted(errors.__all__)


def test_missing_scope_is_named() -> None:
    error = MissingScope(
        "GET /report/daily",
        400,
        code=4711,
        message="No permission.",
        scopes=("report:read:admin", "report:read:x:admin"),
    )

    assert str(error) == (
        "GET /report/daily -> 400 (Zoom code 4711): No permission. Needs one of: report:read:admin, report:read:x:admin"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        pytest.param(
            PermissionDenied("GET /x", 400, code=200, message="Not subscribe webinar plan.", scopes=("a:read",)),
            "GET /x -> 400 (Zoom code 200): Not subscribe webinar plan.",
            id="plan",
        ),
        pytest.param(
            GatewayError("GET /x", 403, message="the body is text/html", scopes=("a:read",)),
            "GET /x -> 403: the body is text/html Zoom's API did not send this response: check the proxy, the firewall "
            "and the base URL.",
            id="firewall",
        ),
        pytest.param(
            GatewayError("GET /v2/x", 404, code=2300, message="This API endpoint is not recognized."),
            "GET /v2/x -> 404 (Zoom code 2300): This API endpoint is not recognized. Zoom has no such path: check the "
            "path and the base URL.",
            id="path",
        ),
        pytest.param(
            CircuitOpen("GET /x", 1.4, ServerError("GET /y", 503)),
            "GET /x was not sent, because the latest calls all failed. The client sends one call at a time until "
            "one succeeds, the next in 1 s. The latest "
            "failure: GET /y -> 503: no message.",
            id="circuit",
        ),
        pytest.param(StatusError("GET /x", 302), "GET /x -> 302: no message.", id="no message"),
        pytest.param(
            ServerError("GET /x", 502, message="oops", tracking_id="WEB_1"),
            "GET /x -> 502: oops [tracking id WEB_1]",
            id="tracking id",
        ),
        pytest.param(
            BadRequest("GET /x", 400, code=300, message="Validation Failed.", fields=(FieldError("type", "Invalid."),)),
            "GET /x -> 400 (Zoom code 300): Validation Failed. type: Invalid.",
            id="field errors",
        ),
        pytest.param(
            TimedOut("GET /x", "no complete response in time"), "GET /x: no complete response in time", id="transport"
        ),
        pytest.param(
            RedisUnavailable("Redis did not answer within 2 seconds"),
            "Redis did not answer within 2 seconds, so nothing was sent. Check Redis; "
            "with a FallbackRateLimiter, each process limits its own rate until Redis is back",
            id="Redis unavailable",
        ),
        pytest.param(
            OutcomeUnknown("POST /x", TimedOut("POST /x", "late")),
            "POST /x may have been carried out; check before you repeat it. Cause: POST /x: late",
            id="outcome unknown",
        ),
        pytest.param(
            DecodeError("GET /x", "Page", "$.rows[3].id", "Expected `int`, got `str`"),
            "GET /x: cannot decode the response as Page: Expected `int`, got `str` at $.rows[3].id",
            id="decode",
        ),
        pytest.param(
            PagingLoop("GET /x", 2),
            "GET /x: page 2 repeats an earlier page token; start the listing again",
            id="paging loop",
        ),
        pytest.param(
            PagingLoop("GET /x", 3, "is the third empty page in a row"),
            "GET /x: page 3 is the third empty page in a row; start the listing again",
            id="empty pages",
        ),
    ],
)
def test_error_text(error: ZoomError, line: str) -> None:
    assert str(error) == line


@pytest.mark.parametrize("error_type", [DailyLimitReached, ResourceLimitReached])
def test_daily_limit_shows_reset_time(error_type: type[DailyLimitReached | ResourceLimitReached]) -> None:
    error = error_type("GET /x", 429, code=429, message="Too many.")
    error.resumes_at = datetime(2026, 3, 19, tzinfo=UTC)

    assert "2026-03-19T00:00:00Z" in str(error)


LINE_BREAKS = st.text(st.sampled_from(" \n\r\t\x0b\x0c\x1c\x85\u2028\u2029ab@.:"))


@given(LINE_BREAKS, LINE_BREAKS, LINE_BREAKS)
def test_error_text_is_one_line(message: str, field: str, tracking_id: str) -> None:
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
def test_error_text_hides_email(text: str, address: str) -> None:
    message = text.format(address, address)

    error = BadRequest("GET /x", 400, message=message, fields=(FieldError("email", message),))

    assert "canary" not in str(error)
    assert "canary" not in repr(error)
    assert error.message == message


def test_long_message_is_cut() -> None:
    assert len(str(BadRequest("GET /x", 400, message="word " * 10_000))) < 400


def test_error_pickles_all_attributes() -> None:
    error = NotFound("GET /rows", 404, code=3001, message="Gone.", tracking_id="WEB_1", scopes=("row:read",))

    restored = pickle.loads(pickle.dumps(error))  # noqa: S301  our own

    assert (type(restored), str(restored), vars(restored)) == (NotFound, str(error), vars(error))


ERROR_TYPES: list[type[ZoomError]] = [getattr(errors, name) for name in errors.__all__ if name != "FieldError"]
DAYS = (date(2026, 3, 1), date(2026, 3, 31))


def _minimal(error_type: type[ZoomError]) -> ZoomError:
    """Return an error of *error_type* with the fewest arguments that it takes."""
    if issubclass(error_type, StatusError):
        return error_type("GET /x", 429)
    if issubclass(error_type, TransportError):
        return error_type("GET /x", "late")
    special: dict[type[ZoomError], ZoomError] = {
        CircuitOpen: CircuitOpen("GET /x", 1.0),
        DecodeError: DecodeError("GET /x", "Page", "$", "Expected `int`"),
        OutcomeUnknown: OutcomeUnknown("POST /x", TimedOut("POST /x", "late")),
        PagingLoop: PagingLoop("GET /x", 2),
        ReauthorizationRequired: ReauthorizationRequired("user", "the app was removed"),
        RedisUnavailable: RedisUnavailable("Redis did not answer"),
        UnexpectedDateRange: UnexpectedDateRange(DAYS, DAYS),
    }
    return special.get(error_type) or error_type("reason")


@pytest.mark.parametrize("error_type", ERROR_TYPES)
def test_minimal_error_has_text(error_type: type[ZoomError]) -> None:
    """Every error class gives one line of text with the fewest arguments that it takes."""
    assert len(str(_minimal(error_type)).splitlines()) == 1


@pytest.mark.parametrize("error_type", ERROR_TYPES)
def test_minimal_error_pickles(error_type: type[ZoomError]) -> None:
    error = _minimal(error_type)

    restored = pickle.loads(pickle.dumps(error))  # noqa: S301  our own

    assert (type(restored), str(restored), repr(restored)) == (error_type, str(error), repr(error))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ServerError("GET /rows", 503), True),
        (TimedOut("GET /rows", "no response"), True),
        (ConnectError("GET /rows", "cannot connect"), True),
        (GatewayError("GET /rows", 404), True),
        (CircuitOpen("GET /rows", 1.0), True),
        (GatewayError("GET /rows", 404, code=2300), False),
        (TLSError("GET /rows", "not trusted"), False),
        (PayloadError("GET /rows", "too large", max_retries=0), False),
        (NotFound("GET /rows", 404, code=3001), False),
        (DecodeError("GET /rows", "Row", "$", "not JSON"), False),
        (DailyLimitReached("GET /rows", 429), False),
        (RedisUnavailable("Redis is not reachable"), False),
        (ZoomError(), False),
    ],
    ids=repr,
)
def test_errors_of_an_outage(error: ZoomError, expected: bool) -> None:  # noqa: FBT001  a case
    assert error.is_outage is expected
