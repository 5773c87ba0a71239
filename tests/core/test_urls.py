from __future__ import annotations

import pytest

from zoomasync._core.urls import may_send_token, redirect_target, secure_url
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


@pytest.mark.parametrize(
    ("url", "may_send"),
    [
        ("https://zoom.us/rec/download/x?a=b", True),
        ("https://us02web.zoom.us:8443/x", True),
        ("https://api.zoomgov.com", True),
        ("https://files.internal:9000/rec", True),
        ("https://files.internal/rec", False),
        ("http://files.internal:9000/rec", False),
        ("http://zoom.us/x", False),
        ("https://zoom.us./x", False),
        ("https://a_b.zoom.us/x", False),
        ("https://zoom.us.evil.com/x", False),
        ("https://evilzoom.us/x", False),
        ("https://-.zoom.us@evil.com/x", False),
        ("https://evil.com#.zoom.us/x", False),
        ("https://evil.com\\.zoom.us/x", False),
        ("https://evil.com/.zoom.us", False),
        ("https:zoom.us", False),
        ("//zoom.us/x", False),
        ("https://zoom.us:99999/x", False),
        ("https://zoom.us/a b", False),
        ("https://[::1/x", False),
    ],
)
def test_token_goes_to_zoom_only(url: str, *, may_send: bool) -> None:
    assert may_send_token(url, "https://files.internal:9000/v2") is may_send


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://zoom.us/a/b?q", "c", "https://zoom.us/a/c"),
        ("https://zoom.us/a", "https://files.example.com/x?s=1#f", "https://files.example.com/x?s=1"),
        ("https://zoom.us/a", "//files.example.com/x", "https://files.example.com/x"),
        ("https://zoom.us/a", "http://zoom.us/a", ""),
        ("https://zoom.us/a", "http://127.0.0.1/a", ""),
        ("http://127.0.0.1/a", "http://localhost/a", "http://localhost/a"),
        ("http://127.0.0.1/a", "https://zoom.us/a", "https://zoom.us/a"),
        ("http://127.0.0.1/a", "http://zoom.us/a", ""),
        ("https://zoom.us/a", "https://\u00e4.example.com/", ""),
        ("https://zoom.us/a", "https://user:password@example.com/", ""),
        ("https://zoom.us/a", "data:text/plain,x", ""),
        ("https://zoom.us/a", "", ""),
    ],
)
def test_redirect_leads_to_https(url: str, location: str, target: str) -> None:
    assert redirect_target(url, location) == target
