"""Descriptions and decoders of types, built once per type.

Building them takes milliseconds. msgspec 0.22 ends the process with a segmentation fault if two threads build those of
the same structs, so that a lock goes around each.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from functools import cache

import msgspec
from msgspec import inspect

_BUILDING = threading.Lock()


@cache
def decoder(type_: Hashable) -> msgspec.json.Decoder[object]:
    """Return the decoder of *type_*. It exists before the first `msgspec.convert` to *type_*, which builds it too."""
    with _BUILDING:
        return msgspec.json.Decoder(type_)


@cache
def type_info(type_: Hashable) -> inspect.Type:
    """Return the description of *type_*."""
    with _BUILDING:
        return inspect.type_info(type_)
