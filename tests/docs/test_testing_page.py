"""The files of docs/testing.md are tests that pass."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import anyio
from support.pages import ROOT, Page

PAGE = Page("docs/testing.md")
FILES = {block.code.partition("\n")[0].removeprefix("# "): block.code for block in PAGE.take_all()}
SERVICE = re.findall(r"^```python\n(.*?)^```", Page("docs/services.md").text, re.DOTALL | re.MULTILINE)[0]


async def test_files_pass(tmp_path: Path) -> None:
    for name, content in {**FILES, "service.py": SERVICE}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--quiet", "-W", "error", "-p", "no:cacheprovider"]
    with anyio.fail_after(60):
        done = await anyio.run_process(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)

    output = done.stdout.decode()
    assert (done.returncode, done.stderr.decode()) == (0, ""), output
    tests = sum(content.count("async def test_") for content in FILES.values())
    assert [int(count) >= tests > 0 for count in re.findall(r"^(\d+) passed in ", output, re.MULTILINE)] == [True]
