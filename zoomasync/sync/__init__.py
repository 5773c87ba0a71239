"""The registrant sync: make the registrants of a meeting or webinar equal a list."""

from .desired import DesiredList, DesiredPerson, RejectedRow, SyncTarget
from .outcomes import PersonOutcome, Result

__all__ = ["DesiredList", "DesiredPerson", "PersonOutcome", "RejectedRow", "Result", "SyncTarget"]
