from __future__ import annotations

import pytest

from zoomasync._core.urls import secure_url
from zoomasync.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://api.zoom.us/v2", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2/", "https://api.zoom.us/v2"),
        ("https://api.zoomgov.com:8443/v2", "https://api.zoomgov.com:8443/v2"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
        ("http://fakezoom:80/v2", "http://fakezoom:80/v2"),
    ],
)
def test_valid_url_is_normalized(url: str, address: str) -> None:
    """https is valid for every host, http only for loopback addresses and names without a dot."""
    assert secure_url("base_url", url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.zoom.us/v2",
        "ftp://api.zoom.us",
        "https://",
        "https:///v2",
        "https://api.zoom.us/v2?x=1",
        "https://api.zoom.us/v2#x",
        "https://user:password@api.zoom.us",
        "https://user@api.zoom.us",
        "https://api.zoom.us:port",
        "https://api.zoom.us:99999",
        "https://[::1",
        "https://api.zoom.us/v 2",
        "https://api.zoom.us/\r\n",
        "https://zoöm.us",
        "http://api.zoom.us/v2",
        "http://10.0.0.1",
        "http://192.168.1.1",
        "http://0.0.0.0",
        "http://[2001:db8::1]",
        "file:///etc/passwd",
    ],
)
def test_invalid_url_raises(url: str) -> None:
    """The error names the setting and shows no password."""
    with pytest.raises(ConfigError, match=r"^token_url ") as caught:
        secure_url("token_url", url)

    assert "password" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
