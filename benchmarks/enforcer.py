"""A fake Zoom that enforces a rate in its own process and reports what arrived.

``python benchmarks/enforcer.py RATE`` prints its settings as one line of JSON and serves until its standard input
closes. Then it prints another line: the times of arrival, and the number of requests that it answered with 429.
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
        result = {
            "arrivals": [request.at for request in calls],
            "rejected": sum(request.status == 429 for request in calls),  # noqa: PLR2004
            "tokens": sum(request.label is None for request in fake.requests),
        }
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
