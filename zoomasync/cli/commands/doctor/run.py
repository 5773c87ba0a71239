"""The run of all checks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import anyio

from .... import Plan, RetryPolicy, Zoom
from ....errors import ConfigError
from ...console import print_json, stdout
from ...exit_codes import Exit
from ...harvest_options import plan_named
from .account import check_account
from .environment import check_cloud, check_credentials, check_proxy, check_variables
from .findings import Finding, Level, has_problem, print_findings
from .needs import Need, needs_of
from .redis_server import check_redis

_FEW_RETRIES: Final = RetryPolicy(attempts=3)
_TIMEOUT: Final = 20.0


def run_doctor(
    *,
    names: Sequence[str],
    reports: Sequence[str] | None,
    redis: str | None,
    plan: str | None,
    trust_env: bool,
    as_json: bool,
) -> int:
    """Print the findings of all checks, and return the exit code."""
    needs = needs_of(names, reports)
    findings = anyio.run(_findings, needs, redis, plan, trust_env)
    if as_json:
        print_json(findings)
    else:
        print_findings(findings, stdout())
    return Exit.FAILED if has_problem(findings) else Exit.COMPLETE


async def _findings(needs: Sequence[Need], redis: str | None, plan_name: str | None, trust_env: bool) -> list[Finding]:  # noqa: FBT001  anyio.run passes positions only
    environ = os.environ
    findings = [
        *check_credentials(environ),
        *check_variables(environ),
        *check_cloud(environ),
        *check_proxy(environ, trust_env=trust_env),
    ]
    try:
        plan = plan_named(plan_name)
    except ConfigError as error:
        findings.append(Finding("plan", Level.PROBLEM, f"{error}."))
        plan = Plan.FREE
    if not has_problem([finding for finding in findings if finding.check != "plan"]):
        found = {finding.check for finding in findings if finding.level is Level.PROBLEM}
        account = await _account_findings(plan, needs, trust_env=trust_env)
        findings.extend(finding for finding in account if finding.check not in found)
    if redis is not None:
        try:
            findings.extend([finding async for finding in check_redis(redis, plan)])
        except ConfigError as error:
            findings.append(Finding("redis", Level.PROBLEM, f"{error}."))
    return findings


async def _account_findings(plan: Plan, needs: Sequence[Need], *, trust_env: bool) -> list[Finding]:
    try:
        client = Zoom.from_env(plan=plan, trust_env=trust_env, retry=_FEW_RETRIES, timeout=_TIMEOUT)
    except ConfigError as error:
        return [Finding("settings", Level.PROBLEM, f"{error}.")]
    async with client as zoom:
        return [finding async for finding in check_account(zoom, plan, needs)]
