"""Request handlers of the fake, one module per group of routes."""
