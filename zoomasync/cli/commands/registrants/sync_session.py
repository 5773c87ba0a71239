"""The sync of one command: its list of people or plan file, its client and its journal."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from .... import Plan, ServerToServer, Zoom
from ...._disk.files import create_private
from ....errors import ConfigError
from ....sync import (
    ColumnMapping,
    RegistrantSync,
    StagedFile,
    SyncPlan,
    SyncPolicy,
    SyncTarget,
    default_journal,
)
from ...client import connected
from ...console import print_line
from ...progress import show_progress
from ...registrants_options import SyncOptions
from .targets import target_of
from .views import PlanningView

if TYPE_CHECKING:
    from ....testing import FakeZoom

_PLAN_FILE = re.compile(rb'\s*\{\s*"format"\s*:\s*"zoomasync registrants plan"')
_STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class SyncSession:
    """An open sync of the account of *zoom*; a simulated account is in *fake*."""

    sync: RegistrantSync
    zoom: Zoom
    fake: FakeZoom | None
    console: Console

    async def plan(self, staged: StagedFile) -> SyncPlan:
        """Return the plan for a list of people."""
        targets = [each.target for each in staged.lists()]
        self._simulate(targets)
        view = PlanningView(self.zoom, len(targets))
        async with show_progress(view, self.console):
            return await self.sync.plan(staged.lists(), progress=view.add)

    def read_plan(self, path: Path) -> SyncPlan:
        """Return the plan in a plan file."""
        plan = self.sync.read_plan(path)
        self._simulate(each.target for each in plan.targets())
        return plan

    def _simulate(self, targets: Iterable[SyncTarget]) -> None:
        if self.fake is not None:
            from .simulation import add_targets  # noqa: PLC0415  only a simulation needs the server

            add_targets(self.fake, targets)


@asynccontextmanager
async def opened_sync(options: SyncOptions, plan: Plan, console: Console) -> AsyncGenerator[SyncSession, None]:
    """Open a sync of the environment's account on *plan*, or of a simulated account with a temporary journal."""
    if options.seed is not None and options.journal is not None:
        raise ConfigError("--simulate has a temporary journal: leave --journal out")
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(
            connected(plan, console, redis=options.redis, trust_env=options.trust_env, seed=options.seed)
        )
        journal = options.journal
        if options.seed is not None:
            journal = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "journal.sqlite"
            print_line(f"Simulated account {options.seed}: nothing is sent to Zoom, and the journal is empty.", console)
        sync = RegistrantSync(connection.zoom, policy=_policy(options), journal=journal)
        await stack.enter_async_context(sync)
        yield SyncSession(sync, connection.zoom, connection.fake, console)


def staged_file(file: Path, options: SyncOptions) -> StagedFile:
    """Read a list of people. Raises `ConfigError`."""
    return StagedFile(
        file,
        columns=ColumnMapping.parse(options.map or (), options.cancel_when or ()),
        target=target_of(options.meeting, options.webinar, options.occurrence),
        encoding=options.encoding,
    )


def is_plan_file(file: Path) -> bool:
    """Return whether *file* begins as a plan file does."""
    if str(file) == _STANDARD_INPUT:
        return False
    try:
        with file.open("rb") as content:
            return _PLAN_FILE.match(content.read(200)) is not None
    except OSError:
        return False  # reading the list reports it


def check_writable(option: str, path: Path, *inputs: Path) -> None:
    """Raise `ConfigError` if no file can be written to *path*, which stays as it is, or if it is one of *inputs*."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise ConfigError(f"{option} {path} cannot be written: it is a folder or a device")
    if target.exists() and any(each.exists() and each.samefile(target) for each in inputs):
        raise ConfigError(f"{option} {path} cannot be written: the command reads this file")
    try:
        probe = target.with_name(f".{target.name}.probe")
        create_private(probe)
        probe.unlink()
    except OSError as error:
        raise ConfigError(f"{option} {path} cannot be written: {error.strerror}") from None


def journal_of(options: SyncOptions) -> Path | None:
    """Return the path of the journal, or None for a simulated account or without credentials."""
    if options.journal is not None or options.seed is not None:
        return options.journal
    try:
        return default_journal(ServerToServer.from_env().account_id)
    except ConfigError:
        return None  # opening the client reports it


def _policy(options: SyncOptions) -> SyncPolicy:
    """Return the policy of *options*, whose other fields have the policy's own defaults."""
    default = SyncPolicy()
    return SyncPolicy(
        on_absent=options.on_absent or default.on_absent,
        absent_scope=options.absent_scope or default.absent_scope,
        approve=options.approve or default.approve,
        on_denied=options.on_denied or default.on_denied,
        on_gone=options.on_gone or default.on_gone,
        max_cancel=options.max_cancel,
    )
