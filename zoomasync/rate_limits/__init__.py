"""Rate limits: the plan of an account, and the rate limiter that keeps a client below it.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from .._core.rate_limiter import Budgets, DaySpent, LabelBudget, Release
from .._label import Label
from ._local import LocalBudgets
from ._plan import Plan

__all__ = ["Budgets", "DaySpent", "Label", "LabelBudget", "LocalBudgets", "Plan", "Release"]
