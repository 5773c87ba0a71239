"""Spans and metrics of a client by OpenTelemetry (extra ``otel``).

::

    async with Zoom(credentials, on_event=OpenTelemetry()) as zoom:
        ...

`OpenTelemetry` says which spans and metrics there are.
"""

from importlib.util import find_spec

if find_spec("opentelemetry") is None or find_spec("opentelemetry.metrics") is None:
    raise ModuleNotFoundError(
        "zoomasync.integrations.opentelemetry needs the extra otel: pip install 'zoomasync[otel]'", name="opentelemetry"
    )

from ._listener import OpenTelemetry

__all__ = ["OpenTelemetry"]
