"""Which addresses a secret may be sent to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ..errors import ConfigError


def https_address(name: str, url: str) -> str:
    """Return *url* without a trailing slash, or raise `ConfigError` where the setting *name* cannot be used.

    Plain http is for this machine and for names without a dot, such as a container's: anything else would show the
    token to the network.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{name} is not an address") from None
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(f"{name} must be like https://host/path, without a query or credentials")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError(f"{name} must be printable ASCII")
    if parts.scheme == "http" and not _is_near(host):
        raise ConfigError(f"{name} must be https: the access token would cross the network in the clear")
    return url.rstrip("/")


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host
