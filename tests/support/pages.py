"""The code blocks of the Markdown pages, and the ways in which tests run them.

A test module takes each block of its page once, at its top, to run it or to say why it cannot run.
`tests/docs/test_every_block.py` finds the blocks that no module has taken.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType

import anyio

from support.environment import run_command

ROOT = Path(__file__).parents[2]
NONE: Mapping[str, str] = MappingProxyType({})
EXTRAS: set[str] = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
)
_PART = re.compile(
    r"^## (?P<section>[^\n]*)\n|^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)
_INSTALL = re.compile(r"pip install '?zoomasync(?:\[([\w,-]+)\])?")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block, under the heading *section* of the second level."""

    section: str
    language: str
    code: str


class Page:
    """The page at *path* below the root of the repository."""

    def __init__(self, path: str) -> None:
        self.path: str = path
        self.text: str = (ROOT / path).read_text(encoding="utf-8")
        self.untaken: list[Block] = []
        section = ""
        for match in _PART.finditer(self.text):
            if match["language"] is None:
                section = match["section"]
            elif match["language"] != "text":
                self.untaken.append(Block(section, match["language"], dedent(match["code"])))

    def take_all(self) -> list[Block]:
        """Take the blocks that are left, in order."""
        blocks, self.untaken = self.untaken, []
        return blocks

    def take(self, language: str, section: str | None = None) -> list[str]:
        """Take the code of the blocks of one language, in one section or in all."""
        taken = [each for each in self.untaken if each.language == language and section in {None, each.section}]
        assert taken, f"{self.path} has no block of {language} left in {section or 'any section'}"
        self.untaken = [each for each in self.untaken if each not in taken]
        return [each.code for each in taken]

    def leave(self, language: str, section: str, *, reason: str) -> list[str]:
        """Take the code of blocks that no test runs, for a *reason*."""
        assert reason
        return self.take(language, section)


async def run_python(program: str, folder: Path, variables: Mapping[str, str] = NONE) -> str:
    """Run *program* in *folder* with warnings as errors, and return its output. It must succeed without a message."""
    command = (sys.executable, "-W", "error", "-c", program)
    with anyio.fail_after(300):
        done = await anyio.run_process(command, cwd=folder, env={**os.environ, **variables}, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, ""), done.stderr.decode()
    return done.stdout.decode()


async def run_shell(block: str, folder: Path, variables: Mapping[str, str] = NONE) -> list[str]:
    """Run the commands of *block*, one per line, and return the output of each. Installations are checked only."""
    outputs: list[str] = []
    for line in block.replace("\\\n", " ").splitlines():
        if match := _INSTALL.match(line):
            assert set((match[1] or "").split(",")) <= EXTRAS | {""}, line
            continue
        program, *arguments = shlex.split(line)
        assert program == "zoomasync", line
        code, output, errors = await run_command(*arguments, folder=folder, **variables)
        assert (code, errors) == (0, ""), f"{line}\n{errors}"
        outputs.append(output)
    return outputs


async def run_blocks(
    blocks: Iterable[Block], folder: Path, variables: Mapping[str, str] = NONE, *, files: Mapping[str, str] = NONE
) -> list[str]:
    """Run *blocks* in order, and return their outputs.

    A block of a language that *files* names becomes the file with that name.
    """
    outputs: list[str] = []
    for block in blocks:
        if block.language == "python":
            outputs.append(await run_python(block.code, folder, variables))
        elif block.language == "sh":
            outputs += await run_shell(block.code, folder, variables)
        else:
            (folder / files[block.language]).write_text(block.code, encoding="utf-8")
    return outputs
