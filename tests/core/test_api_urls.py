"""Requests to the address of the API that came with the access token."""

from __future__ import annotations

import pytest
from support.clock import in_virtual_time
from support.memory import GET_ROW, MemoryTransport, open_session, response

from zoomasync import ServerToServer
from zoomasync._core.api_urls import ApiUrls
from zoomasync._core.http_messages import HttpRequest, HttpResponse
from zoomasync._core.urls import api_base_url
from zoomasync.auth import Token

APP = ServerToServer("account", "client", "secret")
OWN = "https://api.zoom.test/v2/rows/1"

FOREIGN = [
    "http://api-eu.zoom.us",
    "https://zoom.us.example.com",
    "https://evilzoom.us",
    "https://zoom.us@example.com",
    "https://example.com/zoom.us",
    "https://example.com#.zoom.us",
    "https://example.com?.zoom.us",
    "https://example.com\\.zoom.us",
    "https://api.zoom.us:8443",
    "https://api.zoom.us:port",
    "https://api.zoom.us/v2/../x",
    "https://api.zoom.us/?a=b",
    "https://api.zoom.us/#a",
    "https://api.zoom.us.",
    "https://api..zoom.us",
    "https://\u0430pi.zoom.us",
    "https://api.zoom.us\r\n",
    "//api.zoom.us",
    "api.zoom.us",
    "https://",
    "https://[::1",
]


class App:
    """A server that names *address* in its token response."""

    def __init__(self, address: object) -> None:
        self.transport = MemoryTransport(self)
        self._address = address

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.name == "POST /oauth/token":
            return response(200, {"access_token": "token", "api_url": self._address})
        return response(200, {"number": 1})

    async def get_row(self, *, use_api_url: bool = True) -> list[str]:
        """Return the addresses of the requests of one call after the token request."""
        session = open_session(self.transport, credentials=APP, use_api_url=use_api_url)
        await session.send(GET_ROW.at("1"))
        return [request.url for request in self.transport.requests[1:]]


@pytest.mark.parametrize(
    ("address", "base_url"),
    [
        ("https://api-eu.zoom.us", "https://api-eu.zoom.us/v2"),
        ("https://eu01api.zoom.us/", "https://eu01api.zoom.us/v2"),
        ("https://API.zoomgov.com:443", "https://api.zoomgov.com/v2"),
        ("https://vanity.zoom.us", "https://vanity.zoom.us/v2"),
        ("https://zoom.us", "https://zoom.us/v2"),
    ],
)
def test_api_address_of_zoom(address: str, base_url: str) -> None:
    assert api_base_url(address) == base_url


@pytest.mark.parametrize("address", FOREIGN)
def test_foreign_api_address_is_none(address: str) -> None:
    assert api_base_url(address) is None


@in_virtual_time
async def test_request_follows_token() -> None:
    assert await App("https://api-eu.zoom.us").get_row() == ["https://api-eu.zoom.us/v2/rows/1"]


@in_virtual_time
async def test_address_is_off_by_default() -> None:
    assert await App("https://api-eu.zoom.us").get_row(use_api_url=False) == [OWN]


@pytest.mark.parametrize("address", ["", None, 7, {"eu": "https://api-eu.zoom.us"}], ids=repr)
def test_missing_address_is_quiet(address: object, caplog: pytest.LogCaptureFixture) -> None:
    @in_virtual_time
    async def send() -> None:
        assert await App(address).get_row() == [OWN]

    send()
    assert caplog.records == []


def test_foreign_address_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A token goes to no host that is not Zoom's, and the log does not name that host."""
    api_urls = ApiUrls("https://api.zoom.test/v2")

    addresses = ["https://one.example", "https://two.example", "https://api-eu.zoom.us", "https://one.example"]
    used = [api_urls.base_url(Token("token", api_url=address)) for address in addresses]

    own = "https://api.zoom.test/v2"
    assert used == [own, own, "https://api-eu.zoom.us/v2", own]
    assert [(record.name, record.levelname, record.message) for record in caplog.records] == [
        ("zoomasync", "WARNING", "the api_url of a token response is not an https host of Zoom, so it is not used")
    ]
