"""The commands ``zoomasync webhook sign`` and ``webhook send``."""

from __future__ import annotations

import http.client
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ...errors import ConfigError, InvalidArgument, ZoomError
from ...testing.reference.webhooks import FACTS, URL_VALIDATION, example_event
from ...webhooks import encrypted_token, secrets_from_env, sign
from ..console import print_line, stdout
from ..exit_codes import Exit

_TIMEOUT: Final = 10.0  # longer than Zoom waits, so that the command can say how long the answer took
_MOST_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a service, and the time that it took."""

    status: int
    body: bytes
    seconds: float


def print_headers(file: Path) -> int:
    """Print the headers for the body in *file*."""
    body = sys.stdin.buffer.read() if str(file) == "-" else _read(file)
    for name, value in sign(body, secrets_from_env()[0]).items():
        print(f"{name}: {value}")
    return Exit.COMPLETE


def send_event(url: str, event: str) -> int:
    """Send *event* to *url*, print the answer, and return whether Zoom would accept it."""
    secret = secrets_from_env()[0]
    body = _read(Path(event[1:])) if event.startswith("@") else _example(event)
    answer = _post(url, body, sign(body, secret))
    console = stdout()
    print_line(f"{answer.status} {_phrase(answer.status)} in {answer.seconds:.2f} s".strip(), console)
    if answer.body:
        print_line(answer.body[:_MOST_SHOWN].decode("utf-8", "replace"), console)
    problem = problem_of(answer) or (_wrong_token(answer, body, secret) if event == URL_VALIDATION else None)
    if problem is None:
        return Exit.COMPLETE
    print(f"zoomasync: {problem}", file=sys.stderr)
    return Exit.FAILED


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidArgument(f"cannot read {file}: {error.strerror}") from None


def _example(name: str) -> bytes:
    if name not in FACTS.events:
        similar = get_close_matches(name, FACTS.events, n=1)
        hint = f": did you mean {similar[0]!r}?" if similar else f". Known events: {', '.join(FACTS.events)}"
        raise InvalidArgument(f"unknown event {name!r}{hint}")
    data = example_event(name)
    if "event_ts" in data:
        data["event_ts"] = time.time_ns() // 1_000_000
    return msgspec.json.encode(data)


def _post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"the URL is invalid: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("the URL must begin with http:// or https://, and a host")
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    try:
        with closing(kind(parts.hostname, port, timeout=_TIMEOUT)) as connection:
            path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
            started_at = time.monotonic()
            connection.request("POST", path, body, {"content-type": "application/json; charset=utf-8", **headers})
            response = connection.getresponse()
            return Answer(response.status, response.read(), time.monotonic() - started_at)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ZoomError(f"the service gave no answer: {str(error) or type(error).__name__}") from None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def problem_of(answer: Answer) -> str | None:
    """Return the reason why Zoom would not accept the answer, or None."""
    seconds = FACTS.delivery.answer_within_seconds
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        again = (
            "would send it again" if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "would not send it again"
        )
        return f"Zoom expects 200 or 204, and {again}"
    if answer.seconds > seconds:
        return f"Zoom expects the answer in {seconds} seconds, and would send the event again"
    return None


def _wrong_token(answer: Answer, body: bytes, secret: str) -> str | None:
    """Return the reason why the answer to the question about the endpoint is wrong, or None."""
    payload = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["payload"]
    plain_token = msgspec.json.decode(payload, type=dict[str, str])["plainToken"]
    expected = {"plainToken": plain_token, "encryptedToken": encrypted_token(plain_token, secret)}
    try:
        found: object = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        found = None
    return None if found == expected else "Zoom expects JSON with plainToken and the encryptedToken of this secret"
