"""Webhooks of the fake: events for what happens in the account, signed, delivered and retried by Zoom's rules."""
