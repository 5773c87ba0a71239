"""The addresses of Zoom's clouds and regions, in the client and in its credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zoomasync import ServerToServer, StaticToken, Zoom
from zoomasync.auth import DEFAULT_TOKEN_URL, Cloud
from zoomasync.errors import ConfigError

ENVIRONMENT = {"ZOOM_ACCOUNT_ID": "account", "ZOOM_CLIENT_ID": "client", "ZOOM_CLIENT_SECRET": "canary-secret"}
GOV = ServerToServer("account", "client", "canary-secret", cloud=Cloud.GOV)


def _address(zoom: Zoom) -> str:
    return repr(zoom).split()[1]


def test_addresses_of_global_cloud() -> None:
    assert (
        Cloud(
            base_url="https://api.zoom.us/v2",
            token_url="https://zoom.us/oauth/token",
            authorize_url="https://zoom.us/oauth/authorize",
            revoke_url="https://zoom.us/oauth/revoke",
        )
        == Cloud.GLOBAL
    )
    assert Cloud.GLOBAL.token_url == DEFAULT_TOKEN_URL


def test_addresses_of_gov_cloud() -> None:
    assert (
        Cloud(
            base_url="https://api.zoomgov.com/v2",
            token_url="https://zoomgov.com/oauth/token",
            authorize_url="https://zoomgov.com/oauth/authorize",
            revoke_url="https://zoomgov.com/oauth/revoke",
        )
        == Cloud.GOV
    )


@pytest.mark.parametrize("name", ["au", "ca", "eu", "in", "sa", "sg", "uk", "us"])
def test_region_has_its_api(name: str) -> None:
    """A region changes the address of the API only."""
    assert Cloud.region(name) == replace(Cloud.GLOBAL, base_url=f"https://api-{name}.zoom.us/v2")
    assert Cloud.named(f" {name.upper()} ") == Cloud.region(name)


def test_clouds_have_names() -> None:
    assert (Cloud.named("Global"), Cloud.named("gov")) == (Cloud.GLOBAL, Cloud.GOV)


def test_unknown_name_raises() -> None:
    with pytest.raises(ConfigError, match=r"^unknown cloud 'mars': choose one of global, gov, au, .*, us$"):
        Cloud.named("mars")
    with pytest.raises(ConfigError, match=r"^unknown region 'gov': choose one of au, "):
        Cloud.region("gov")


def test_insecure_cloud_raises() -> None:
    with pytest.raises(ConfigError, match="revoke_url must be https"):
        replace(Cloud.GLOBAL, revoke_url="http://zoom.us/oauth/revoke")


def test_credentials_choose_cloud() -> None:
    """The client takes its cloud from the credentials, unless it has one of its own."""
    assert GOV.token_url == Cloud.GOV.token_url
    assert _address(Zoom(GOV)) == Cloud.GOV.base_url
    assert _address(Zoom(replace(GOV, client_id="other"))) == Cloud.GOV.base_url
    assert _address(Zoom(GOV, base_url="https://proxy.example/v2")) == "https://proxy.example/v2"
    assert _address(Zoom(StaticToken("token"), cloud=Cloud.GOV)) == Cloud.GOV.base_url
    assert _address(Zoom(StaticToken("token"))) == Cloud.GLOBAL.base_url

    eu = ServerToServer("account", "client", "secret", cloud=Cloud.region("eu"))
    assert _address(Zoom(eu)) == "https://api-eu.zoom.us/v2"
    assert _address(Zoom(eu, cloud=Cloud.GLOBAL)) == Cloud.GLOBAL.base_url


@pytest.mark.parametrize(
    ("auth", "cloud"),
    [(ServerToServer("account", "client", "secret"), Cloud.GOV), (GOV, Cloud.GLOBAL), (GOV, Cloud.region("us"))],
    ids=["client", "credentials", "region"],
)
def test_two_clouds_raise(auth: ServerToServer, cloud: Cloud) -> None:
    """Credentials of one cloud get no token in another."""
    with pytest.raises(ConfigError, match="the credentials are of another cloud than the client"):
        Zoom(auth, cloud=cloud)


def test_cloud_excludes_addresses() -> None:
    with pytest.raises(ConfigError, match="give base_url or cloud"):
        Zoom(StaticToken("token"), cloud=Cloud.GOV, base_url="https://proxy.example/v2")
    with pytest.raises(ConfigError, match="give token_url or cloud"):
        replace(GOV, token_url="https://proxy.example/oauth/token")


def test_token_url_of_proxy_is_kept() -> None:
    """An address that is of no cloud may belong to any."""
    auth = ServerToServer("account", "client", "secret", token_url="https://proxy.example/oauth/token")

    assert _address(Zoom(auth, cloud=Cloud.GOV)) == Cloud.GOV.base_url


def test_cloud_from_environment() -> None:
    environ = {**ENVIRONMENT, "ZOOM_CLOUD": "gov"}

    assert ServerToServer.from_env(environ) == GOV
    assert _address(Zoom.from_env(environ=environ)) == Cloud.GOV.base_url
    assert _address(Zoom.from_env(environ={**ENVIRONMENT, "ZOOM_CLOUD": "AU"})) == "https://api-au.zoom.us/v2"
    assert Cloud.from_env({}) is None


@pytest.mark.parametrize("name", ["ZOOM_BASE_URL", "ZOOM_TOKEN_URL"])
def test_environment_has_one_cloud(name: str) -> None:
    environ = {**ENVIRONMENT, "ZOOM_CLOUD": "gov", name: "https://proxy.example"}

    with pytest.raises(ConfigError, match="ZOOM_CLOUD names all addresses: unset it, or"):
        Zoom.from_env(environ=environ)


def test_slash_at_the_end_is_left_out() -> None:
    """The path of a call begins with a slash of its own."""
    assert replace(Cloud.GLOBAL, base_url="https://api.zoom.us/v2/") == Cloud.GLOBAL
