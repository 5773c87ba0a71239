"""The files of a registrant sync: a list of people as CSV or NDJSON, and a results file."""

from .columns import ColumnMapping
from .plan_results import PlanResults
from .staged_file import StagedFile

__all__ = ["ColumnMapping", "PlanResults", "StagedFile"]
