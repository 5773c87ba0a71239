"""An async, typed client for Zoom's REST API.

Start at `Zoom`. Structs are in `zoomasync.models`, errors in `zoomasync.errors`, rate limits in
`zoomasync.rate_limits`, and further types of public signatures in `zoomasync.types`.
"""

import logging
from typing import TYPE_CHECKING

from ._lazy import lazy_names

if TYPE_CHECKING:
    from ._client import Zoom
    from ._core.date_ranges import month_ranges
    from ._core.decoding import ExtraFields, InvalidRow
    from ._core.pagination import Paginator
    from ._core.retries import RetryPolicy
    from ._fan_out import Done, Failed, fan_out
    from ._label import Label
    from ._user_clients import UserClients
    from ._version import __version__
    from .auth import ServerToServer, StaticToken, UserOAuth
    from .errors import ZoomError
    from .rate_limits import Plan
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "._client": ["Zoom"],
            "._core.date_ranges": ["month_ranges"],
            "._core.decoding": ["ExtraFields", "InvalidRow"],
            "._core.pagination": ["Paginator"],
            "._core.retries": ["RetryPolicy"],
            "._fan_out": ["Done", "Failed", "fan_out"],
            "._label": ["Label"],
            "._user_clients": ["UserClients"],
            "._version": ["__version__"],
            ".auth": ["ServerToServer", "StaticToken", "UserOAuth"],
            ".errors": ["ZoomError"],
            ".rate_limits": ["Plan"],
        },
    )

__all__ = [
    "Done",
    "ExtraFields",
    "Failed",
    "InvalidRow",
    "Label",
    "Paginator",
    "Plan",
    "RetryPolicy",
    "ServerToServer",
    "StaticToken",
    "UserClients",
    "UserOAuth",
    "Zoom",
    "ZoomError",
    "__version__",
    "fan_out",
    "month_ranges",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())  # quiet, unless the program configures logging
