"""Zoom's rate-limit labels."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """Zoom's rate-limit labels: every endpoint has one, and all endpoints of a label share one limit."""

    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"
    RESOURCE_INTENSIVE = "resource-intensive"
