"""Measurements that take minutes. Each module is a script; ``python -m benchmarks.soak`` is also a test's."""
