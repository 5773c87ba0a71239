"""The HTTP transport: one request, its complete response, or a `TransportError`. No other module imports aiohttp."""

from aiohttp import ClientSession

from ._aiohttp import AiohttpTransport
from ._interface import BodyStream, SessionTransport, Transport

__all__ = ["AiohttpTransport", "BodyStream", "ClientSession", "SessionTransport", "Transport"]
