"""The command ``zoomasync fake``."""

from __future__ import annotations

import anyio

from ...errors import ConfigError
from ...rate_limits import Plan
from ...testing import Account, FakeZoom
from ..signals import stopped_by_signals


def serve_fake(*, port: int, seed: int, plan: str) -> int:
    """Serve a simulated account until SIGINT or SIGTERM, and return the exit code for the signal."""
    if not 0 <= port < 2**16:
        raise ConfigError("--port must be from 0 to 65535")
    limits = None if plan == "none" else Plan.named(plan)
    return anyio.run(_serve, FakeZoom(Account.simulated(seed), plan=limits, port=port))


async def _serve(server: FakeZoom) -> int:
    try:
        await server.__aenter__()
    except OSError as error:
        raise ConfigError(f"cannot listen on that port: {error.strerror}. Choose another --port, or 0") from None
    try:
        with stopped_by_signals() as stop:
            print(_SETTINGS.format(fake=server, credentials=server.credentials), flush=True)
            await anyio.sleep_forever()
    finally:
        await server.__aexit__(None, None, None)
    return stop.exit_code


_SETTINGS = """\
# A simulated Zoom account. Press Ctrl-C to stop it. These variables point a client at it:
export ZOOM_BASE_URL={fake.base_url}
export ZOOM_TOKEN_URL={fake.token_url}
export ZOOM_ACCOUNT_ID={credentials.account_id}
export ZOOM_CLIENT_ID={credentials.client_id}
export ZOOM_CLIENT_SECRET={credentials.client_secret}"""
