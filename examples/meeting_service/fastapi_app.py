"""The service on FastAPI: ``uvicorn --factory meeting_service.fastapi_app:create_app --port 8080``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, TypedDict, cast

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from meeting_service.service import BookedMeeting, Booking, Service, Settings, open_service, status_of
from zoomasync.auth import AuthorizationRequest
from zoomasync.errors import ReauthorizationRequired, ZoomError
from zoomasync.webhooks import InboxStatus

routes = APIRouter()


class State(TypedDict):
    """The state of the lifespan, which requests share."""

    service: Service


def service_of(request: Request) -> Service:
    """Return the service."""
    return cast("Service", request.state.service)


def signed_in_user(request: Request) -> str:
    """Return the id of the user of this browser, or send the browser to Zoom."""
    if "user_id" not in request.session:
        raise HTTPException(303, headers={"Location": "/zoom/connect"})
    return str(request.session["user_id"])


OpenService = Annotated[Service, Depends(service_of)]
UserId = Annotated[str, Depends(signed_in_user)]


@routes.get("/zoom/connect")
async def connect(request: Request, service: OpenService) -> RedirectResponse:
    """Send the browser to Zoom. Its cookie keeps the request until it comes back."""
    wanted = service.settings.oauth.authorization_request()
    request.session.clear()
    request.session["authorization"] = asdict(wanted)
    return RedirectResponse(wanted.url, 303)


@routes.get("/zoom/callback")
async def callback(request: Request, service: OpenService) -> RedirectResponse:
    """Receive the browser from Zoom, and sign the user in."""
    kept = request.session.pop("authorization", None)
    if kept is None:
        raise HTTPException(400, "this browser has not asked Zoom for a connection: open /zoom/connect")
    user = await service.users.authorize(AuthorizationRequest(**kept), request.url.query)
    request.session["user_id"] = user.user_id
    return RedirectResponse("/meetings", 303)


@routes.post("/zoom/disconnect", status_code=204)
async def disconnect(request: Request, service: OpenService, user_id: UserId) -> None:
    """Disconnect the user from Zoom, and sign the user out."""
    request.session.clear()
    await service.disconnect(user_id)


@routes.get("/meetings")
async def upcoming(service: OpenService, user_id: UserId) -> list[BookedMeeting]:
    """List the coming meetings of the user."""
    return await service.upcoming(user_id)


@routes.post("/meetings", status_code=201)
async def schedule(booking: Booking, service: OpenService, user_id: UserId) -> BookedMeeting:
    """Schedule a meeting for the user."""
    return await service.schedule(user_id, booking)


@routes.get("/meetings/{number}/registrants")
async def registrants(number: int, service: OpenService, user_id: UserId) -> list[str]:
    """List the registrants of a meeting that has ended."""
    names = await service.lists.read(user_id, number)
    if names is None:
        raise HTTPException(404, "the meeting has not ended")
    return names


@routes.post("/zoom/webhook")
async def webhook(request: Request, service: OpenService) -> Response:
    """Answer Zoom once the event is stored."""
    return Response(await service.receive(request.headers, await request.body()), media_type="application/json")


@routes.get("/health")
async def health(service: OpenService) -> InboxStatus:
    """Return the numbers of webhooks that wait or have failed. This does not call Zoom."""
    return await service.inbox.status()


def connect_again(_: Request, __: Exception) -> Response:
    """Send the browser of a user whose tokens are of no use any more to Zoom."""
    return RedirectResponse("/zoom/connect", 303)


def failure(_: Request, error: Exception) -> Response:
    """Turn an error into a response."""
    status, headers = status_of(error)
    return JSONResponse({"detail": str(error) or "Zoom did not respond in time"}, status, headers)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application, with the settings in the environment unless they are given."""
    settings = settings or Settings.from_env()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[State]:
        async with open_service(settings) as service:
            yield {"service": service}

    app = FastAPI(lifespan=lifespan)
    app.include_router(routes)
    app.add_exception_handler(ReauthorizationRequired, connect_again)
    app.add_exception_handler(ZoomError, failure)
    app.add_exception_handler(TimeoutError, failure)
    app.add_middleware(
        SessionMiddleware, settings.key, max_age=86_400, same_site="lax", https_only=settings.secure_cookies
    )
    return app
