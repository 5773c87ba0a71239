"""URLs that a secret may be sent to, and redirects."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from ..errors import ConfigError


def secure_url(name: str, url: str) -> str:
    """Return *url* without a trailing slash, or raise `ConfigError` for a setting *name* that cannot be used.

    Plain http is accepted for loopback addresses and for host names without a dot, such as a container's. Anywhere else
    it would send the token unencrypted.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{name} is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(f"{name} must be like https://host/path, without a query or credentials")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError(f"{name} must be printable ASCII")
    if parts.scheme == "http" and not _is_local(host):
        raise ConfigError(f"{name} must be https: over http the access token would be sent unencrypted")
    return url.rstrip("/")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host


def may_send_token(url: str, base_url: str) -> bool:
    """Return whether a token may be sent to *url*: to a host of Zoom's over https, or to the origin of *base_url*."""
    parts = _split(url)
    if parts is None:
        return False
    is_zoom = parts.scheme == "https" and _ZOOM_HOST.fullmatch(parts.hostname or "") is not None
    return is_zoom or is_same_origin(url, base_url)


def api_base_url(address: str) -> str | None:
    """Return the base URL at the *address* of the API that a token response names, or None if it is not Zoom's.

    Only a host of Zoom's over https may get the token.
    """
    parts = _split(address)
    if parts is None or parts.scheme != "https" or parts.port not in {None, 443} or parts.path not in {"", "/"}:
        return None
    if parts.query or parts.fragment or _ZOOM_HOST.fullmatch(parts.hostname or "") is None:
        return None
    return f"https://{parts.hostname}/v2"


def is_same_origin(url: str, other: str) -> bool:
    """Return whether both URLs have the same scheme, host and port."""
    origin = _origin(_split(url))
    return origin is not None and origin == _origin(_split(other))


def server_of(url: str) -> tuple[str, int]:
    """Return the host and port of *url*, which `secure_url` or `may_send_token` has accepted."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]


def redirect_target(url: str, location: str) -> str:
    """Return the URL to which *location* redirects from *url*, or an empty text if it must not be followed.

    Plain http is followed only from plain http to a local host.
    """
    try:
        target = urldefrag(urljoin(url, location)).url
    except ValueError:
        return ""
    parts = _split(target) if location else None
    if parts is None:
        return ""
    is_local = url.startswith("http:") and _is_local(parts.hostname or "")
    return target if parts.scheme == "https" or is_local else ""


_ZOOM_HOST = re.compile(r"(?:[a-z0-9-]+\.)*(?:zoom\.us|zoomgov\.com)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _split(url: str) -> SplitResult | None:
    """Return the parts of an absolute URL, or None for one that two parsers may read differently."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    is_plain = url.isascii() and url.isprintable() and not set(" \\") & set(url) and "@" not in parts.netloc
    return parts if is_plain and host and parts.scheme in _DEFAULT_PORTS else None


def _origin(parts: SplitResult | None) -> tuple[str, str | None, int | None] | None:
    return None if parts is None else (parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme])
