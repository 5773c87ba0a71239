"""Writes down, ten seconds at a time, what a run sends: for the report of a harvest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from .. import Label, Zoom, ZoomError
from ._place import Place, Sent

_SECONDS = 10


@asynccontextmanager
async def sampling(zoom: Zoom, store: Place) -> AsyncGenerator[None, None]:
    """Put what *zoom* sends while the block runs into *store*."""
    sampler = _Sampler(zoom, store)
    task = asyncio.create_task(sampler.go_on(), name="zoomasync harvest traffic")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    await sampler.sample()


class _Sampler:
    def __init__(self, zoom: Zoom, store: Place) -> None:
        self._zoom = zoom
        self._store = store
        self._labels = {endpoint.route: endpoint.label for endpoint in zoom.endpoints().values()}
        self._rates = dict.fromkeys(Label, 0.0)
        self._before = self._counted()

    async def go_on(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS - datetime.now(UTC).timestamp() % _SECONDS)
            await self.sample()

    async def sample(self) -> None:
        """Put what was sent since the last time."""
        now = datetime.now(UTC).timestamp() - 0.001  # what was sent before a border belongs before it
        at = datetime.fromtimestamp(now - now % _SECONDS, UTC)
        counted = self._counted()
        sent, self._before = counted - self._before, counted
        with suppress(ZoomError):  # Redis may be away: the rates are those of before
            self._rates = {label: budget.rate for label, budget in (await self._zoom.budget()).items()}
        samples = [
            Sent(at, label, sent[label, "calls"], sent[label, "retries"], sent[label, "throttled"], self._rates[label])
            for label in Label
            if sent[label, "calls"]
        ]
        if samples:
            await self._store.sent(samples)

    def _counted(self) -> Counter[tuple[Label, str]]:
        counted: Counter[tuple[Label, str]] = Counter()
        for route, traffic in self._zoom.traffic.items():
            if (label := self._labels.get(route)) is not None:
                counted[label, "calls"] += traffic.calls
                counted[label, "retries"] += traffic.retries
                counted[label, "throttled"] += traffic.throttled
        return counted
