"""Scripts that measure the client. The tests run a part of `benchmarks.soak`."""
