"""The files of docs/testing.md are tests that pass."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import anyio

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "testing.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
FILES = {match[1]: block for _, block in BLOCKS if (match := re.match(r"# ([\w.]+)\n", block))}
SERVICE = re.findall(
    r"^```python\n(.*?)^```", (DOCS / "services.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)


async def test_files_pass(tmp_path: Path) -> None:
    for name, content in {**FILES, "service.py": SERVICE[0]}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--quiet", "-W", "error", "-p", "no:cacheprovider"]
    with anyio.fail_after(60):
        done = await anyio.run_process(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)

    output = done.stdout.decode()
    assert (done.returncode, done.stderr.decode()) == (0, ""), output
    tests = sum(len(re.findall(r"^async def test_", content, re.MULTILINE)) for content in FILES.values())
    assert f"\n{tests} passed" in output


def test_all_blocks_are_run() -> None:
    assert [language for language, block in BLOCKS if block not in FILES.values()] == []
