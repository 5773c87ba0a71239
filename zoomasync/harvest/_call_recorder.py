"""Writes down, ten seconds at a time, what a run sends: for the report of a harvest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import anyio

from .. import Label, Zoom, ZoomError
from .stores.base import CallSample, HarvestStore

_SECONDS = 10
_LAST_SECONDS = 0.5


@asynccontextmanager
async def sampling(zoom: Zoom, store: HarvestStore) -> AsyncGenerator[None, None]:
    """Put what *zoom* sends while the block runs into *store*, however the block ends."""
    sampler = _Sampler(zoom, store)
    task = asyncio.create_task(sampler.go_on(), name="zoomasync harvest traffic")
    try:
        yield
    finally:
        with anyio.move_on_after(_LAST_SECONDS, shield=True):  # nobody takes it from a queue that is full any more
            task.cancel()
            await asyncio.wait([task])
            await sampler.sample()


class _Sampler:
    def __init__(self, zoom: Zoom, store: HarvestStore) -> None:
        self._zoom = zoom
        self._store = store
        self._labels = {endpoint.route: endpoint.label for endpoint in zoom.endpoints().values()}
        self._rates = dict.fromkeys(Label, 0.0)
        self._before = self._counted()
        self._since = datetime.now(UTC).timestamp()

    async def go_on(self) -> None:
        while True:
            with suppress(ZoomError):  # Redis may be away: the rates are those of before
                self._rates = {
                    label: rate_limits.rate for label, rate_limits in (await self._zoom.rate_limits()).items()
                }
            await asyncio.sleep(_SECONDS - datetime.now(UTC).timestamp() % _SECONDS)
            await self.sample()

    async def sample(self) -> None:
        """Put what was sent since the last time."""
        now = datetime.now(UTC).timestamp()
        middle = (self._since + now) / 2  # timers are late, so that the end may lie behind a border
        counted = self._counted()
        sent, self._before, self._since = counted - self._before, counted, now
        at = datetime.fromtimestamp(middle - middle % _SECONDS, UTC)
        samples = [
            CallSample(
                at, label, sent[label, "calls"], sent[label, "retries"], sent[label, "throttled"], self._rates[label]
            )
            for label in Label
            if sent[label, "calls"]
        ]
        if samples:
            await self._store.sent(samples)

    def _counted(self) -> Counter[tuple[Label, str]]:
        counted: Counter[tuple[Label, str]] = Counter()
        for route, stats in self._zoom.stats.items():
            if (label := self._labels.get(route)) is not None:
                counted[label, "calls"] += stats.calls
                counted[label, "retries"] += stats.retries
                counted[label, "throttled"] += stats.throttled
        return counted
