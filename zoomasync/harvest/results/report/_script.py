"""The script that draws the charts: Vega, from the extra ``report``."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def charts_script() -> str:
    """Return Vega and the code that starts it, as the content of a script element."""
    import altair as alt  # noqa: PLC0415  needs the extra
    import vl_convert  # noqa: PLC0415  needs the extra

    start = Path(__file__).with_name("start.js").read_text(encoding="utf-8")
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    script: str = vl_convert.javascript_bundle(start, version)
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def check_extra() -> None:
    """Raise `ModuleNotFoundError` if the extra ``report`` is not installed."""
    for name in ("altair", "vl_convert"):
        if find_spec(name) is None:
            raise ModuleNotFoundError("a report needs the extra 'report': pip install 'zoomasync[report]'", name=name)
