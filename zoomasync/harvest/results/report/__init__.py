"""The report of a harvest: one HTML file without external resources.

Its tables are plain HTML. Its charts are drawn by Vega, which is part of the file (extra ``report``). The page's
security policy blocks everything that would be loaded and every other script, and all data of the store is escaped.
"""

from ._page import write_report

__all__ = ["write_report"]
