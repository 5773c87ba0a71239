"""Generated accounts: the same data for the same seed on every machine."""
