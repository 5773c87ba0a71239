"""The files of a registrant sync: a list of people as CSV or NDJSON, and a results file."""

from .columns import ColumnMapping
from .staged_file import StagedFile

__all__ = ["ColumnMapping", "StagedFile"]
