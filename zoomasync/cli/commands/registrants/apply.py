"""The command ``zoomasync registrants apply``."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import anyio
from rich.console import Console

from .... import Plan
from ....errors import ConfigError
from ....sync import Result, StagedFile, SyncPlan
from ....sync.files import PlanResults
from ...console import print_line, stdout
from ...exit_codes import Exit
from ...progress import show_progress
from ...registrants_options import SyncOptions
from ...signals import stopped_by_signals
from .plan_text import print_plan
from .reasons import Reasons
from .sync_session import SyncSession, check_writable, is_plan_file, journal_of, opened_sync, staged_file
from .unfinished import Unfinished
from .views import ApplyingView

_Recorder: TypeAlias = StagedFile | PlanResults

_EXPLAINED = (
    Result.FAILED,
    Result.IMPOSSIBLE,
    Result.REJECTED,
    Result.DIFFERS,
    Result.GONE,
    Result.SHARED_ADDRESS,
    Result.DEFERRED,
    Result.UNKNOWN,
    Result.CHANGED,
)
"""The results whose reasons are printed."""


def apply_registrants(file: Path, options: SyncOptions, plan: Plan, *, yes: bool, results: Path | None) -> int:
    """Plan and carry out the list in *file*, or carry out the plan in it, and return the exit code."""
    console = stdout()
    is_plan = is_plan_file(file)
    if is_plan and (names := options.not_for_plan_files()):
        raise ConfigError(f"{file.name} is a plan, which has its own targets and policy: leave out {', '.join(names)}")
    if not yes and not (console.is_terminal and sys.stdin.isatty()):
        raise ConfigError("apply asks on a terminal before it changes anything: pass --yes to apply without one")
    if results is not None:
        inputs = (file if is_plan else None, journal_of(options))  # results keep all columns of a list
        check_writable("--results", results, *filter(None, inputs))
    with ExitStack() as stack:
        staged = None if is_plan else stack.enter_context(staged_file(file, options))
        return anyio.run(_Application(file, staged, options, plan, yes, results, console).run)


@dataclass(slots=True)
class _Application:
    """One run of the command. Without *staged*, *file* is a plan file."""

    file: Path
    staged: StagedFile | None
    options: SyncOptions
    plan: Plan
    yes: bool
    results: Path | None
    console: Console

    async def run(self) -> Exit:
        """Carry everything out until it is done or a signal comes, and return the exit code."""
        codes: list[Exit] = []  # empty after a signal
        with stopped_by_signals() as stop:
            codes.append(await self._run())
        if codes:
            return codes[0]
        print_line(f"Interrupted. The changes so far are in the journal. {self._again}.", self.console)
        return stop.exit_code

    async def _run(self) -> Exit:
        async with opened_sync(self.options, self.plan, self.console) as session:
            if self.staged is not None:
                with self._written_after_errors(self.staged):
                    return await self._carry_out(session, await session.plan(self.staged), self.staged)
            plan = session.read_plan(self.file)
            with PlanResults(plan) as recorder, self._written_after_errors(recorder):
                return await self._carry_out(session, plan, recorder)

    async def _carry_out(self, session: SyncSession, plan: SyncPlan, recorder: _Recorder) -> Exit:
        totals = plan.totals()
        print_plan(plan, totals, self.staged, self.console)
        if totals.writes and not self.yes and not await self._is_confirmed(totals.writes):
            print_line("Nothing was changed.", self.console)
            return Exit.INCOMPLETE
        view, reasons = ApplyingView(session.zoom, sum(totals.counts.values())), Reasons()
        for row in self.staged.rejected() if self.staged else ():
            view.total += 1
            view.results[Result.REJECTED] += 1
            reasons.add(Result.REJECTED, row.reason, row.row)
        async with show_progress(view, self.console), plan.apply() as outcomes:
            async for outcome in outcomes:
                view.results[outcome.result] += 1
                recorder.record(outcome)
                if outcome.result in _EXPLAINED:
                    reasons.add(outcome.result, outcome.reason, outcome.row, outcome.code)
        self._write(recorder)
        self._print_outcomes(view, reasons)
        if session.fake is not None:
            from .simulation import print_mails  # noqa: PLC0415  only a simulation needs the server

            print_mails(session.fake, self.console)
        unfinished = Unfinished.of_outcomes(plan, view.results)
        print_line(unfinished.next_step(self._again) or _done(view), self.console)
        return unfinished.exit_code

    async def _is_confirmed(self, changes: int) -> bool:
        """Ask the user, who may interrupt the command meanwhile."""
        these = "this change" if changes == 1 else f"these {changes:,} changes"
        self.console.print(f"Apply {these}? \\[y/N] ", end="", highlight=False)
        if sys.platform != "win32":
            await anyio.wait_readable(sys.stdin)  # a blocked read would delay the signals
        return sys.stdin.readline().strip().casefold() in {"y", "yes"}

    @contextmanager
    def _written_after_errors(self, recorder: _Recorder) -> Generator[None, None, None]:
        """Write the results also if the block ends with an error, or is cancelled by a signal."""
        try:
            yield
        except BaseException:
            self._write(recorder)
            raise

    def _write(self, recorder: _Recorder) -> None:
        if self.results is not None:
            recorder.write_results(self.results)
            print_line(f"The results are in {self.results}.", self.console)

    def _print_outcomes(self, view: ApplyingView, reasons: Reasons) -> None:
        for line in reasons.lines():
            print_line(line, self.console)
        numbers = (f"{view.results[each]:,} {each.value.replace('_', ' ')}" for each in Result if view.results[each])
        print_line(", ".join(numbers) or "nobody is on the list", self.console)

    @property
    def _again(self) -> str:
        return "Make a new plan and apply it" if self.staged is None else "Run the same command again"


def _done(view: ApplyingView) -> str:
    impossible = view.results[Result.IMPOSSIBLE] + view.results[Result.REJECTED]
    if not impossible:
        return "Done."
    return (
        f"Done. {impossible:,} {'person' if impossible == 1 else 'people'} cannot be registered: see the reasons above."
    )
