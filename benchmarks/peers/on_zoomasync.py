"""The job on zoomasync: `fan_out` over the meetings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from zoomasync import Done, StaticToken, Zoom, fan_out

from .job import Account, Attendance
from .programs import AT_ONCE

AnswerT = TypeVar("AnswerT")


class OnZoomasync:
    """The program on zoomasync."""

    def __init__(self, account: Account) -> None:
        self._runner = asyncio.Runner()
        self._zoom = Zoom(StaticToken("token"), plan=account.plan, base_url=account.base_url)
        self._runner.run(self._zoom.__aenter__())

    def attendances(self, meetings: Sequence[int]) -> list[Attendance | None]:
        """Return the attendance of each of the past *meetings*."""
        return self._runner.run(_all(self._attendance, meetings))

    def topics(self, meetings: Sequence[int]) -> list[str | None]:
        """Return the topic of each of *meetings*."""
        return self._runner.run(_all(self._topic, meetings))

    def close(self) -> None:
        """Close the client and the event loop."""
        self._runner.run(self._zoom.__aexit__(None, None, None))
        self._runner.close()

    async def _attendance(self, meeting: int) -> Attendance:
        visits = await self._zoom.past_meetings.participants(meeting).collect()
        return Attendance(len(visits), sum(visit.duration or 0 for visit in visits))

    async def _topic(self, meeting: int) -> str:
        return (await self._zoom.meetings.get(meeting)).topic or ""


async def _all(call: Callable[[int], Awaitable[AnswerT]], meetings: Sequence[int]) -> list[AnswerT | None]:
    answers: list[AnswerT | None] = []
    async with fan_out(call, meetings, workers=AT_ONCE) as outcomes:
        async for outcome in outcomes:
            answers.append(outcome.value if isinstance(outcome, Done) else None)  # noqa: PERF401
    return answers
