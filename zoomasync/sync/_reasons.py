"""The reasons that both plans and outcomes give for one person."""

from typing import Final

NO_SEAT: Final = "no seat is left"
IS_HOST: Final = "is the host or an alternative host"
IS_PANELIST: Final = "is a panelist"
NOT_REGISTERED: Final = "is not registered any more"
THREE_ADDS: Final = "was added three times today"
TEN_CHANGES: Final = "the status was changed ten times today"
