"""Limits that the fake enforces."""
