"""The suite runs on the event loop that the option ``--loop`` names."""

from __future__ import annotations

import asyncio

import pytest


async def test_async_tests_use_chosen_loop(pytestconfig: pytest.Config) -> None:
    loop = type(asyncio.get_running_loop())

    assert loop.__module__.partition(".")[0] == pytestconfig.getoption("loop")
