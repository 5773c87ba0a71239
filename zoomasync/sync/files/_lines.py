"""The lines of a text file, decoded and numbered."""

from __future__ import annotations

import codecs
import io
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Self

from ...errors import ConfigError

_MAX_LINE = 1_000_000
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_BINARY = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another ZIP file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (.xls)",
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a gzip file",
}
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes that are kept by "surrogateescape"


class Lines:
    """The lines of *file* with their line breaks: LF, CRLF or CR.

    A byte order mark decides the encoding; otherwise it is *encoding*, or UTF-8. *number* is that of the latest line,
    from 1, and *is_whole* says whether that line has its line break. Errors call the file *name*.
    """

    def __init__(self, file: io.BufferedReader, name: str, encoding: str | None = None) -> None:
        self.name = name
        self.number = 0
        self.is_whole = True
        head = file.peek(4)
        if kind := next((kind for start, kind in _BINARY.items() if head.startswith(start)), ""):
            raise ConfigError(f"{name} is {kind}: export the list as CSV in UTF-8")
        marked = next((marked for mark, marked in _BYTE_ORDER_MARKS.items() if head.startswith(mark)), None)
        self.has_mark = marked is not None
        self._given = encoding
        try:
            self._text = io.TextIOWrapper(file, marked or encoding or "utf-8", errors="surrogateescape", newline="")
        except (LookupError, ValueError):
            raise ConfigError(f"unknown encoding {str(encoding)[:40]!r}: pass one such as cp1252") from None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(_MAX_LINE + 1)
        except UnicodeDecodeError:  # in an encoding with units of several bytes; the decoder is some lines ahead
            raise ConfigError(f"{self.name}: line {self.number + 1} or a later one {self._no_text()}") from None
        if not line:
            raise StopIteration
        self.number += 1
        if not line.isascii() and _UNDECODED.search(line):
            raise ConfigError(f"{self.name}: line {self.number} {self._no_text()}")
        if "\0" in line:
            raise ConfigError(
                f"{self.name}: line {self.number} has a NUL character: the file is not text, or not in this encoding; "
                "for UTF-16, pass --encoding utf-16-le"
            )
        if len(line) > _MAX_LINE:
            raise ConfigError(f"{self.name}: line {self.number} is too long for a row of a list")
        self.is_whole = line[-1] in "\r\n"
        return line

    def _no_text(self) -> str:
        if self.has_mark:
            return "does not have the encoding of the byte order mark: the file is damaged; export it again"
        if self._given is None:
            return "is not UTF-8: pass its encoding, for example --encoding cp1252, or export the list in UTF-8"
        return f"is not {self._given}: pass the encoding in which the file was written"


@contextmanager
def opened_lines(path: str, encoding: str | None) -> Generator[Lines, None, None]:
    """Provide the lines of the file at *path*, or of the standard input if it is ``-``."""
    name = "the standard input" if path == "-" else path
    try:
        # Descriptor 0 stays open, for a prompt.
        with open(sys.stdin.fileno() if path == "-" else path, "rb", closefd=path != "-") as file:
            yield Lines(file, name, encoding)
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror or error}") from error
