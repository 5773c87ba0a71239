"""The report of a harvest: one HTML file that needs nothing else, for people who were not there.

Its tables are plain HTML, its charts are drawn by Vega, which is inside (extra ``report``). The page says itself that
nothing may be loaded and that no other script may run, and all that the store holds is text in it.
"""

from ._write import write_report

__all__ = ["write_report"]
