"""URLs that a secret may be sent to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

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
