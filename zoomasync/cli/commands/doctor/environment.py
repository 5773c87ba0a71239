"""Checks of the environment variables, which send nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from .... import ServerToServer
from ....errors import ConfigError
from .findings import Finding, Level

_CREDENTIALS: Final = ("ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET")
_SETTINGS: Final = (
    *_CREDENTIALS,
    "ZOOM_CLOUD",
    "ZOOM_BASE_URL",
    "ZOOM_TOKEN_URL",
    "ZOOM_PLAN",
    "ZOOM_SHARE",
    "ZOOM_HASH_KEY",
    "ZOOM_REDIRECT_URI",
    "ZOOM_WEBHOOK_SECRET",
    "ZOOM_TRUST_ENV",
)
_SECRETS: Final = ("ZOOM_CLIENT_SECRET", "ZOOM_HASH_KEY", "ZOOM_WEBHOOK_SECRET")
_NAMES: Final = {name for setting in _SETTINGS for name in (setting, f"{setting}_FILE")}
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


def check_credentials(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check that the credentials are set and valid in form."""
    unset = [name for name in _CREDENTIALS if not environ.get(name) and not environ.get(f"{name}_FILE")]
    if unset:
        advice = (
            "Set them to the values on the page App Credentials of your server-to-server OAuth app. A variable with "
            "_FILE appended to its name, such as ZOOM_CLIENT_SECRET_FILE, names a file that holds the value."
        )
        if unset == ["ZOOM_ACCOUNT_ID"]:
            advice += " The app of a UserOAuth has no account id: this command cannot check it."
        yield Finding("credentials", Level.PROBLEM, f"Not set: {', '.join(unset)}.", advice)
        return
    try:
        ServerToServer.from_env(environ)
    except ConfigError as error:
        yield Finding("credentials", Level.PROBLEM, f"{error}.")
    else:
        yield Finding("credentials", Level.OK, f"{', '.join(_CREDENTIALS)} are set.")


def check_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check for unknown variables, values that are given twice, and files that other users can read."""
    for name in sorted(environ):
        if name.startswith("ZOOM_") and name not in _NAMES:
            close = get_close_matches(name, _NAMES, n=1, cutoff=0.8)
            if close:
                yield Finding("settings", Level.WARNING, f"{name} is not a setting.", f"Is it meant to be {close[0]}?")
    for setting in _SETTINGS:
        path = environ.get(f"{setting}_FILE")
        if path and environ.get(setting):
            yield Finding(
                "settings",
                Level.WARNING,
                f"{setting} and {setting}_FILE are both set; the file is used.",
                "Remove one of them.",
            )
        if path and setting in _SECRETS and _is_readable_by_others(Path(path)):
            yield Finding(
                "settings",
                Level.WARNING,
                f"Other users of this machine can read the file that {setting}_FILE names.",
                "Remove their access: chmod 600.",
            )


def check_cloud(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check that the API and the token endpoint belong to the same cloud."""
    hosts = {
        name: urlsplit(environ.get(name, "")).hostname or "zoom.us" for name in ("ZOOM_BASE_URL", "ZOOM_TOKEN_URL")
    }
    is_gov = {name: host.endswith("zoomgov.com") for name, host in hosts.items()}
    if len(set(is_gov.values())) > 1:
        gov, other = sorted(is_gov, key=lambda name: not is_gov[name])
        yield Finding(
            "settings",
            Level.PROBLEM,
            f"{gov} is an address of Zoom for Government, and {other} is not.",
            "Set ZOOM_CLOUD=gov in their place.",
        )


def check_proxy(environ: Mapping[str, str], *, trust_env: bool) -> Iterator[Finding]:
    """Check that a proxy of the environment is used."""
    names = [name for name in _PROXIES if environ.get(name)]
    if not names:
        return
    if trust_env:
        yield Finding("proxy", Level.OK, f"Requests use the proxy of {names[0]}, except for the hosts in NO_PROXY.")
    else:
        yield Finding(
            "proxy",
            Level.WARNING,
            f"{names[0]} is set, but requests do not use it.",
            "If this network needs the proxy, use --trust-env or ZOOM_TRUST_ENV=1, and trust_env=True in a program.",
        )


def _is_readable_by_others(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False  # `check_credentials` reports it
