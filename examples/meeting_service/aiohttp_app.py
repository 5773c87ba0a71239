"""The service on aiohttp: ``python -m meeting_service.aiohttp_app``."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography.fernet import Fernet, InvalidToken

from meeting_service.service import Booking, Service, Settings, open_service, status_of
from zoomasync.auth import AuthorizationRequest
from zoomasync.errors import ReauthorizationRequired, ZoomError

SERVICE = web.AppKey("service", Service)
COOKIE, COOKIE_SECONDS = "session", 86_400
routes = web.RouteTableDef()


@routes.get("/zoom/connect")
async def connect(request: web.Request) -> web.Response:
    """Send the browser to Zoom. Its cookie keeps the request until it comes back."""
    wanted = request.app[SERVICE].settings.oauth.authorization_request()
    return redirect(request, wanted.url, asdict(wanted))


@routes.get("/zoom/callback")
async def callback(request: web.Request) -> web.Response:
    """Receive the browser from Zoom, and sign the user in."""
    kept = read_cookie(request)
    if "state" not in kept:
        return failure(400, "this browser has not asked Zoom for a connection: open /zoom/connect")
    user = await request.app[SERVICE].users.authorize(AuthorizationRequest(**kept), request.query_string)
    return redirect(request, "/meetings", {"user_id": user.user_id})


@routes.post("/zoom/disconnect")
async def disconnect(request: web.Request) -> web.Response:
    """Disconnect the user from Zoom, and sign the user out."""
    await request.app[SERVICE].disconnect(signed_in_user(request))
    response = web.Response(status=204)
    response.del_cookie(COOKIE)
    return response


@routes.get("/meetings")
async def upcoming(request: web.Request) -> web.Response:
    """List the coming meetings of the user."""
    return json_response(await request.app[SERVICE].upcoming(signed_in_user(request)))


@routes.post("/meetings")
async def schedule(request: web.Request) -> web.Response:
    """Schedule a meeting for the user."""
    user_id = signed_in_user(request)
    booking = msgspec.json.decode(await request.read(), type=Booking)
    return json_response(await request.app[SERVICE].schedule(user_id, booking), status=201)


@routes.get(r"/meetings/{number:\d+}/registrants")
async def registrants(request: web.Request) -> web.Response:
    """List the registrants of a meeting that has ended."""
    user_id, number = signed_in_user(request), int(request.match_info["number"])
    names = await request.app[SERVICE].lists.read(user_id, number)
    return failure(404, "the meeting has not ended") if names is None else json_response(names)


@routes.post("/zoom/webhook")
async def webhook(request: web.Request) -> web.Response:
    """Answer Zoom once the event is stored."""
    answer = await request.app[SERVICE].receive(request.headers, await request.read())
    return web.Response(body=answer, content_type="application/json")


@routes.get("/health")
async def health(request: web.Request) -> web.Response:
    """Return the numbers of webhooks that wait or have failed. This does not call Zoom."""
    return json_response(await request.app[SERVICE].inbox.status())


def signed_in_user(request: web.Request) -> str:
    """Return the id of the user of this browser, or send the browser to Zoom."""
    user_id = read_cookie(request).get("user_id")
    if user_id is None:
        raise web.HTTPSeeOther("/zoom/connect")
    return user_id


def read_cookie(request: web.Request) -> Mapping[str, str]:
    """Return the content of the cookie, which is empty without a valid one."""
    try:
        text = Fernet(request.app[SERVICE].settings.key).decrypt(request.cookies.get(COOKIE, ""), ttl=COOKIE_SECONDS)
    except InvalidToken:
        return {}
    return msgspec.json.decode(text, type=dict[str, str])


def redirect(request: web.Request, location: str, cookie: Mapping[str, str]) -> web.Response:
    """Send the browser to *location* with an encrypted *cookie*."""
    settings = request.app[SERVICE].settings
    response = web.Response(status=303, headers={"Location": location})
    text = Fernet(settings.key).encrypt(msgspec.json.encode(cookie)).decode()
    response.set_cookie(
        COOKIE, text, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=settings.secure_cookies
    )
    return response


def json_response(content: object, status: int = 200) -> web.Response:
    """Return a response with *content* as JSON."""
    return web.Response(body=msgspec.json.encode(content), status=status, content_type="application/json")


def failure(status: int, text: str) -> web.Response:
    """Return a response with the text of an error."""
    return json_response({"error": text}, status)


@web.middleware
async def errors_as_responses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into responses."""
    try:
        return await handler(request)
    except ReauthorizationRequired:
        raise web.HTTPSeeOther("/zoom/connect") from None
    except msgspec.DecodeError as error:
        return failure(400, str(error))
    except (ZoomError, TimeoutError) as error:
        status, headers = status_of(error)
        response = failure(status, str(error) or "Zoom did not respond in time")
        response.headers.update(headers)
        return response


def create_app(settings: Settings) -> web.Application:
    """Create the application."""

    async def service(app: web.Application) -> AsyncGenerator[None]:
        async with open_service(settings) as app[SERVICE]:
            yield

    app = web.Application(middlewares=[errors_as_responses])
    app.cleanup_ctx.append(service)
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    web.run_app(create_app(Settings.from_env()), port=int(os.environ.get("PORT", "8080")), shutdown_timeout=20)
