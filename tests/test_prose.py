"""Plain words: names, docstrings, comments, Markdown and help texts use the project's terms.

One term per concept. The lists below hold the words that those terms replaced.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.environment import run_command

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("zoomasync", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if path != Path(__file__)
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = (
    *("", "harvest", "status", "report", "export", "endpoints", "rate-limits", "fake"),
    *("registrants", "registrants plan", "registrants apply", "registrants list", "registrants forget"),
    *("webhook", "webhook sign", "webhook send"),
)

# A replaced word, and the term to write instead.
WORDS = {
    r"repl(y|ies|ied)": "response",
    r"drift(s|ed)?": "invalid row",
    r"mend(s|ed|ing)?": "coerce, normalise or fix",
    r"spell(s|ed|ing)?": "encode or write",
    r"heal(s|ed|ing)?": "normalise",
    r"refus(e|es|ed|ing|al|als)": "reject",
    r"budgets?": "rate limit, daily quota or rate limiter",
    r"(?<!token )(?<!token-)buckets?": "token bucket or rate limiter",
    r"pac(e|es|ed|ing)": "rate, or limit the rate",
    r"purses?": "daily quota",
    r"desks?": "client",
    r"neighbours?": "adaptive rate, or other apps",
    r"stand-ins?": "fallback",
    r"claim(s|ed|ing)?": "lease",
    r"wish(es)?": "request",
    r"urgent(ly)?": "priority",
    r"entit(y|ies)": "resource quota",
    r"slots?": "permit",
    r"manifests?": "status",
    r"(un)?park(s|ed|ing)?": "defer",
    r"settl(e|es|ed|ing)": "finish, or final",
    r"drafts?": "staged partition",
    r"what(so)?ever": "name the thing",
    r"who(so)?ever": "name the caller",
    r"go(es|ing)? on": "continue or resume",
    r"went on": "continued",
    r"let(s)? go( of)?": "release or close",
    r"tak(e|es|ing) note( of)?": "record",
    r"(told|tells?|telling) of": "report",
    r"lenient": "on_invalid_row or on_extra_fields",
    r"(request|call|permit|row|send|retr)(s|ies|y)? an? (second|minute|hour|day|month)": "per second, per day",
}
BANNED_WORDS = re.compile(
    r"(?<![\w`./-])(?:" + "|".join(f"(?:{word})" for word in WORDS) + r")(?![\w`/-])", re.IGNORECASE
)
FIRST_WORDS = re.compile(r"(What|Whatever|Who|Whoever|How|That which)\b")
# A past meeting or webinar is an instance; "session" is the session layer, or aiohttp's HTTP session.
SESSIONS = re.compile(r"\b(?:ended|past|each|every|one|of the) sessions?\b(?! layer)", re.IGNORECASE)

# Replaced words inside names.
NAME_PARTS = frozenset(
    """
    budget budgets claim claims desk draft drift drifted drifts entities entity lenient manifest mend mended
    mender neighbour neighbours pace paced pacing park parked purse refusal refusals refused refuses replies reply
    settle settled settles stay stays told traffic unpark urgent whatever wish
    """.split()  # noqa: SIM905  a list of words is easier to read than a list of strings
)
ZOOM_NAMES = frozenset({"allow_auto_reply", "auto_reply_text"})
"""Names of Zoom's fields, which stay as they are."""
MEDIAN_TEST_NAME = 35


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose_of(source: Path) -> Iterator[tuple[int, str]]:
    """Yield the docstrings and comments of *source* with their lines."""
    text = source.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string and "ignore[" not in token.string:
            yield token.start[0], token.string.lstrip("# ")


def without_code(text: str) -> str:
    """Return *text* without its code blocks, quoted names and addresses."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"::\n\n(?:    .*\n|\n)+", "\n", text)
    return re.sub(r"``[^`]*``|`[^`]*`|https?://\S+|\*[\w.]+\*|\"[^\"\n]*\"", "_", text)


def faults_in(text: str) -> list[str]:
    prose = without_code(text)
    found = [match[0] for pattern in (BANNED_WORDS, SESSIONS) for match in pattern.finditer(prose)]
    if first := FIRST_WORDS.match(prose.strip()):
        found.append(f"starts with {first[0]}")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_source_prose(source: Path) -> None:
    """Docstrings and comments hold no replaced word and do not start with What, Who or How."""
    assert [(line, faults) for line, text in prose_of(source) if (faults := faults_in(text))] == []


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_source_names(source: Path) -> None:
    """No replaced term is left as a name in code."""
    tokens = tokenize.generate_tokens(io.StringIO(source.read_text(encoding="utf-8")).readline)
    names = {token.string for token in tokens if token.type == tokenize.NAME} | {source.stem}
    parts = {name: set(re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)) for name in names - ZOOM_NAMES}

    assert sorted(name for name, found in parts.items() if {part.lower() for part in found} & NAME_PARTS) == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_markdown_prose(page: Path) -> None:
    """Documentation holds no replaced word."""
    lines = without_code(page.read_text(encoding="utf-8")).splitlines()

    assert [
        (number, faults) for number, line in enumerate(lines, 1) if (faults := faults_in(line.lstrip("#-* ")))
    ] == []


@pytest.mark.parametrize("command", COMMANDS)
async def test_help_prose(command: str, tmp_path: Path) -> None:
    """Help texts hold no replaced word."""
    code, shown, _ = await run_command(*command.split(), "--help", folder=tmp_path)

    assert code == 0
    assert faults_in(" ".join(shown.split())) == []


def test_median_test_name_length() -> None:
    names = [
        node.name
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]

    assert statistics.median(map(len, names)) < MEDIAN_TEST_NAME
