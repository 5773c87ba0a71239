"""The gate of a stream, which stops it when Zoom denies it for the whole token or account."""

from __future__ import annotations

import anyio

from ..errors import (
    EmbeddedError,
    GatewayError,
    MissingScope,
    PermissionDenied,
    ServerError,
    TransportError,
    ZoomError,
)

_MAX_DENIALS = 10  # without a report in between
_MAX_FAILURES = 5  # without a report in between
_CODE_NO_PERMISSION = 200


class StreamGate:
    """The gate of one stream in one run: it admits one partition first, and the others when that one has ended.

    A missing scope stops the stream. Other denials, of a plan or role, may concern one host, so they stop it only while
    it is not *accepted*, or after ten without a report in between. The stream is accepted once Zoom has returned one of
    its partitions, in this run or an earlier one. Five failures of Zoom's without a report in between stop it too.
    """

    def __init__(self) -> None:
        self.accepted: bool = False
        self.denial: ZoomError | None = None
        """The error for which the run fetches no further partition of the stream."""
        self._denials = 0
        self._failures = 0
        self._answered: anyio.Event | None = None

    async def admit(self) -> bool:
        """Wait for the answer to the first partition, and return whether to fetch this one."""
        if self._answered is None:
            self._answered = anyio.Event()
        else:
            await self._answered.wait()
        return self.denial is None

    def withdraw(self) -> None:
        """Note that an admitted partition is not fetched. If it was the first, another one becomes the first."""
        if self._answered is not None and not self._answered.is_set():
            self._answered.set()
            self._answered = None

    def accept(self) -> None:
        """Note that Zoom has returned rows, and admit all partitions."""
        self.accepted, self._denials, self._failures = True, 0, 0
        self._admit_all()

    def fail(self, error: ZoomError) -> None:
        """Note the *error* of a partition; stop the stream if it concerns all others, and admit them otherwise."""
        # Not outages alone: an untrusted server, or a path that Zoom does not know, fails for all partitions too.
        if isinstance(error, ServerError | TransportError | GatewayError):
            self._failures += 1
            if self._failures >= _MAX_FAILURES:
                self.denial = self.denial or error
        if _is_denial(error):
            self._denials += 1
            if isinstance(error, MissingScope) or not self.accepted or self._denials >= _MAX_DENIALS:
                self.denial = self.denial or error
        self._admit_all()

    def _admit_all(self) -> None:
        if self._answered is not None:
            self._answered.set()


def _is_denial(error: ZoomError) -> bool:
    """Return whether Zoom denied a call for the token, the role of its user, or the plan of the account."""
    if isinstance(error, EmbeddedError):
        return error.code == _CODE_NO_PERMISSION
    return isinstance(error, PermissionDenied) and error.code is not None
