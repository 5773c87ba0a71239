"""Limits that the fake enforces: the plan's rate limits, and the daily quotas of hosts and registrants."""
