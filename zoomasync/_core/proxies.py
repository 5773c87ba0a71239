"""Proxies from the environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from ..errors import ConfigError


class EnvironmentProxies:
    """The proxies that the environment named when this object was created.

    Raises `ConfigError` for a proxy that is not an http:// URL with a host. The message never shows the URL, which may
    hold a password.
    """

    def __init__(self) -> None:
        self._proxies: Mapping[str, str] = getproxies_environment()
        for scheme in ("http", "https"):
            if scheme in self._proxies and not _is_http_url(self._proxies[scheme]):
                raise ConfigError(f"{scheme.upper()}_PROXY must be a URL such as http://proxy.example:3128")

    def proxy_for(self, url: str) -> str | None:
        """Return the proxy for *url*, or None for a direct connection."""
        parts = urlsplit(url)
        if proxy_bypass(parts.netloc):
            return None
        return self._proxies.get(parts.scheme)


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and bool(parts.hostname) and text.isascii() and text.isprintable()
