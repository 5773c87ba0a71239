"""Which account a process of its own is to call."""

from __future__ import annotations

from zoomasync.testing import FakeZoom


def environment_of(fake: FakeZoom) -> dict[str, str]:
    """Return the environment variables that point `Zoom.from_env` and the command at *fake*."""
    return {
        "ZOOM_BASE_URL": fake.base_url,
        "ZOOM_TOKEN_URL": fake.token_url,
        "ZOOM_ACCOUNT_ID": fake.credentials.account_id,
        "ZOOM_CLIENT_ID": fake.credentials.client_id,
        "ZOOM_CLIENT_SECRET": fake.credentials.client_secret,
    }
