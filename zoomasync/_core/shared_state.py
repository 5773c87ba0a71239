"""The state that the session layers of several clients can share."""

from __future__ import annotations

import time
from collections.abc import Callable

from .call_events import EventPublisher
from .circuit import Circuit, CircuitState
from .labels import LabelCorrections
from .retries import RetryQuota


class SharedState:
    """The state that the sessions of several clients can share: outages, retries, labels, and those who listen.

    *circuit_state* is that of `Circuit`, and so is *opens_without_token*.
    """

    def __init__(
        self,
        circuit_state: CircuitState | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        opens_without_token: bool = True,
    ) -> None:
        self.circuit: Circuit = Circuit(circuit_state, clock=clock, opens_without_token=opens_without_token)
        self.retry_quota: RetryQuota = RetryQuota()
        self.labels: LabelCorrections = LabelCorrections()
        self.events: EventPublisher = EventPublisher(clock)
        self.circuit.on_event = self.labels.on_event = self.events.publish

    def may_retry(self) -> bool:
        """Use one retry of the quota; return False if none is left, or while the circuit is open."""
        return not self.circuit.is_open and self.retry_quota.take()
