"""The reasons that both plans and outcomes give for one person.

A results file shows each beside its row, so each is a sentence that is clear without the outcome.
"""

from typing import Final

NO_SEAT: Final = "no seat is left"
IS_HOST: Final = "the address belongs to the host or an alternative host"
IS_PANELIST: Final = "the address belongs to a panelist"
NOT_REGISTERED: Final = "the person is not registered any more"
THREE_ADDS: Final = "the person was added three times today, which is Zoom's limit"
TEN_CHANGES: Final = "the status was changed ten times today, which is Zoom's limit"
