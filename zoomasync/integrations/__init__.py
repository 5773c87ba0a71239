"""Other engines and frameworks, a module each: harvests on Spark (extra ``spark``), OpenTelemetry (extra ``otel``)."""
