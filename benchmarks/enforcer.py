"""A fake Zoom in a process of its own that enforces limits and says what it saw.

``python benchmarks/enforcer.py RATE`` prints its settings as one line of JSON, serves until its standard input closes,
and prints as another line what arrived: the moments, and how many requests it refused.
"""

from __future__ import annotations

import asyncio
import json
import sys

from zoomasync import Plan
from zoomasync.testing import Account, FakeZoom


async def main(rate: float) -> None:
    """Serve until standard input closes."""
    plan = Plan(light=rate, medium=rate, heavy=rate)
    async with FakeZoom(Account(), plan=plan) as fake:
        auth = fake.credentials
        settings = {
            "base_url": fake.base_url,
            "token_url": fake.token_url,
            "credentials": [auth.account_id, auth.client_id, auth.client_secret],
        }
        print(json.dumps(settings), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        calls = [request for request in fake.requests if request.label]
        seen = {
            "arrivals": [request.at for request in calls],
            "refused": sum(request.status == 429 for request in calls),  # noqa: PLR2004
            "tokens": sum(request.label is None for request in fake.requests),
        }
        print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
