"""Text of files that a spreadsheet opens."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"""[\t\r\n\0]|[\s\0-\x1f"'\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]""")


def without_formula(text: str) -> str:
    """Return *text* with a ``'`` in front if a spreadsheet may run it as a formula, and with U+FFFD for NUL."""
    return ("'" if _FORMULA.match(text) else "") + text.replace("\0", "\ufffd")
