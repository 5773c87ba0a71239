"""Zoom's rate-limit labels."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """One of Zoom's rate-limit labels, from the fastest to the slowest.

    Each endpoint has one, and all endpoints of a label share its limits.
    """

    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"
    RESOURCE_INTENSIVE = "resource-intensive"
