"""What the commands take from the environment."""

from __future__ import annotations

import os


def environment(plan: str | None) -> dict[str, str]:
    """Return this process's environment, in which *plan*, if one was given, stands for whatever it says of that."""
    if plan is None:
        return dict(os.environ)
    said = {name: value for name, value in os.environ.items() if name != "ZOOM_PLAN_FILE"}
    return {**said, "ZOOM_PLAN": plan}
