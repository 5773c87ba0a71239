"""A record of the calls that a run sends, in steps of ten seconds, for the report of a harvest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import anyio

from .. import Label, Zoom, ZoomError
from .stores.base import CallSample, HarvestStore

_STEP_SECONDS = 10
_LAST_SAMPLE_SECONDS = 0.5


@asynccontextmanager
async def recording_calls(zoom: Zoom, store: HarvestStore) -> AsyncGenerator[None, None]:
    """Record the calls of *zoom* in *store* until the block ends, also if it ends in an error or a cancellation."""
    recorder = _CallRecorder(zoom, store)
    task = asyncio.create_task(recorder.run(), name="zoomasync harvest call recorder")
    try:
        yield
    finally:
        # A store that has failed no longer empties its queue: without a time limit, a full queue would block here.
        with anyio.move_on_after(_LAST_SAMPLE_SECONDS, shield=True):
            task.cancel()
            await asyncio.wait([task])
            await recorder.sample()


class _CallRecorder:
    def __init__(self, zoom: Zoom, store: HarvestStore) -> None:
        self._zoom = zoom
        self._store = store
        self._labels = {endpoint.route: endpoint.label for endpoint in zoom.endpoints().values()}
        self._rates = dict.fromkeys(Label, 0.0)
        self._counted = self._count()
        self._counted_at = datetime.now(UTC).timestamp()

    async def run(self) -> None:
        while True:
            with suppress(ZoomError):  # without Redis, the last rates stay
                self._rates = {label: status.rate for label, status in (await self._zoom.rate_limits()).items()}
            await asyncio.sleep(_STEP_SECONDS - datetime.now(UTC).timestamp() % _STEP_SECONDS)
            await self.sample()

    async def sample(self) -> None:
        """Record the calls since the last sample."""
        now = datetime.now(UTC).timestamp()
        middle = (self._counted_at + now) / 2  # a late timer may end in the next step
        count = self._count()
        new, self._counted, self._counted_at = count - self._counted, count, now
        at = datetime.fromtimestamp(middle - middle % _STEP_SECONDS, UTC)
        samples = [
            CallSample(
                at, label, new[label, "calls"], new[label, "retries"], new[label, "throttled"], self._rates[label]
            )
            for label in Label
            if new[label, "calls"]
        ]
        if samples:
            await self._store.record_calls(samples)

    def _count(self) -> Counter[tuple[Label, str]]:
        count: Counter[tuple[Label, str]] = Counter()
        for route, stats in self._zoom.stats.items():
            if (label := self._labels.get(route)) is not None:
                count[label, "calls"] += stats.calls
                count[label, "retries"] += stats.retries
                count[label, "throttled"] += stats.throttled
        return count
