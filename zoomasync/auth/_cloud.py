"""The addresses of Zoom's clouds and regions.

Sources: https://developers.zoom.us/docs/api/using-zoom-apis/#regional-base-urls for the regions, and the constants of
``Packs/ApiModules/Scripts/ZoomApiModule`` in https://github.com/demisto/content for Zoom for Government.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from .._core.urls import secure_url
from .._settings import Settings
from ..errors import ConfigError

REGIONS: Final = ("au", "ca", "eu", "in", "sa", "sg", "uk", "us")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The addresses of one of Zoom's clouds: ``Cloud.GLOBAL``, ``Cloud.GOV``, or a region of the global cloud.

    Every account of the global cloud can use its global address. A region only changes the address of the API.
    """

    base_url: str
    token_url: str
    authorize_url: str
    revoke_url: str

    GLOBAL: ClassVar[Cloud]
    GOV: ClassVar[Cloud]

    def __post_init__(self) -> None:
        for name in ("base_url", "token_url", "authorize_url", "revoke_url"):
            object.__setattr__(self, name, secure_url(name, getattr(self, name)))

    @classmethod
    def region(cls, name: str) -> Cloud:
        """Return the global cloud with the API in one region: au, ca, eu, in, sa, sg, uk or us."""
        if name not in REGIONS:
            raise ConfigError(f"unknown region {name[:40]!r}: choose one of {', '.join(REGIONS)}")
        return replace(cls.GLOBAL, base_url=f"https://api-{name}.zoom.us/v2")

    @classmethod
    def named(cls, name: str) -> Cloud:
        """Return the cloud with this *name*: global, gov, or that of a region, in upper or lower case."""
        name = name.strip().lower()
        if name in REGIONS:
            return cls.region(name)
        clouds = {"global": cls.GLOBAL, "gov": cls.GOV}
        if name not in clouds:
            raise ConfigError(f"unknown cloud {name[:40]!r}: choose one of {', '.join((*clouds, *REGIONS))}")
        return clouds[name]

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Cloud | None:
        """Return the cloud that ``ZOOM_CLOUD`` names, or None if it is not set.

        Raises `ConfigError` if ``ZOOM_BASE_URL`` or ``ZOOM_TOKEN_URL``, which name single addresses, are set as well.
        """
        settings = Settings(environ)
        name = settings.get("ZOOM_CLOUD")
        if name is None:
            return None
        if settings.get("ZOOM_BASE_URL") or settings.get("ZOOM_TOKEN_URL"):
            raise ConfigError("ZOOM_CLOUD names all addresses: unset it, or unset ZOOM_BASE_URL and ZOOM_TOKEN_URL")
        return cls.named(name)


def _cloud_at(domain: str) -> Cloud:
    return Cloud(
        base_url=f"https://api.{domain}/v2",
        token_url=f"https://{domain}/oauth/token",
        authorize_url=f"https://{domain}/oauth/authorize",
        revoke_url=f"https://{domain}/oauth/revoke",
    )


Cloud.GLOBAL = _cloud_at("zoom.us")
Cloud.GOV = _cloud_at("zoomgov.com")
