"""`zoom.webinars`: scheduled webinars, with a namespace for each part of one."""

from __future__ import annotations

from types import NoneType
from typing import Literal

from ..._core.pagination import Paginator, next_number, paginate
from ..._core.routes import MeetingRef
from ..._core.session import Session
from ..._label import Label
from ...models.invite_links import InviteLinks, NewInviteLinks
from ...models.meetings import CaptionToken, NewSipUri, SipUri
from ...models.webinars import (
    ListedWebinar,
    NewWebinar,
    TrackingSource,
    TrackingSourcesPage,
    Webinar,
    WebinarsPage,
    WebinarStatusUpdate,
    WebinarUpdate,
)
from .._resource import (
    WEBINAR_ADMIN_READ,
    WEBINAR_ADMIN_WRITE,
    WEBINAR_READ,
    WEBINAR_WRITE,
    Resource,
    endpoint,
    host_quota,
    named_host_quota,
)
from .livestream import WebinarLivestream
from .panelists import Panelists
from .polls import WebinarPolls
from .registrants import WebinarRegistrants
from .survey import WebinarSurvey
from .templates import WebinarTemplates


class Webinars(Resource):
    """Scheduled webinars. A user is given by id or e-mail address; "me" works with a user's own token only.

    The host must have a webinar plan. All methods raise `NotFound` for an unknown user or webinar, and
    `PermissionDenied` (code 200) without a plan.
    """

    LIST = endpoint(
        "GET /users/{userId}/webinars",
        Label.MEDIUM,
        WebinarsPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_webinars",
        page_size=300,
    )
    CREATE = endpoint("POST /users/{userId}/webinars", Label.LIGHT, Webinar, WEBINAR_WRITE, "webinar:write:webinar")
    GET = endpoint("GET /webinars/{webinarId}", Label.LIGHT, Webinar, WEBINAR_ADMIN_READ, "webinar:read:webinar")
    # Not idempotent: with *notify_registrants*, each PATCH sends a mail to all registrants.
    UPDATE = endpoint("PATCH /webinars/{webinarId}", Label.LIGHT, NoneType, WEBINAR_WRITE, "webinar:update:webinar")
    DELETE = endpoint(
        "DELETE /webinars/{webinarId}", Label.LIGHT, NoneType, WEBINAR_ADMIN_WRITE, "webinar:delete:webinar"
    )
    UPDATE_STATUS = endpoint(
        "PUT /webinars/{webinarId}/status", Label.LIGHT, NoneType, WEBINAR_ADMIN_WRITE, "webinar:update:status"
    )
    CAPTION_TOKEN = endpoint(
        "GET /webinars/{webinarId}/token", Label.LIGHT, CaptionToken, WEBINAR_READ, "webinar:read:token"
    )
    SIP_URI = endpoint(
        "POST /webinars/{webinarId}/sip_dialing",
        Label.LIGHT,
        SipUri,
        ("webinar:write:sip_dialing", "webinar:write:admin:sip_dialing"),
        "webinar:write:sip_dialing",
        idempotent=True,
    )
    TRACKING_SOURCES = endpoint(
        "GET /webinars/{webinarId}/tracking_sources",
        Label.MEDIUM,
        TrackingSourcesPage,
        WEBINAR_ADMIN_READ,
        "webinar:read:list_tracking_sources",
    )
    CREATE_INVITE_LINKS = endpoint(
        "POST /webinars/{webinarId}/invite_links",
        Label.LIGHT,
        InviteLinks,
        WEBINAR_ADMIN_WRITE,
        "webinar:write:invite_links",
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.livestream: WebinarLivestream = WebinarLivestream(session)
        self.panelists: Panelists = Panelists(session)
        self.polls: WebinarPolls = WebinarPolls(session)
        self.registrants: WebinarRegistrants = WebinarRegistrants(session)
        self.survey: WebinarSurvey = WebinarSurvey(session)
        self.templates: WebinarTemplates = WebinarTemplates(session)

    def list(
        self, user_id: str, *, type_: Literal["scheduled", "upcoming"] | str | None = None
    ) -> Paginator[WebinarsPage, ListedWebinar]:
        """Iterate over the webinars of a user that have not expired.

        *type_* "scheduled" (Zoom's default) includes past, live and upcoming webinars, "upcoming" live and upcoming
        ones. The reference has page tokens in the response only. If the first page has none, pages are read by number.
        """
        return paginate(self._session, self.LIST.at(user_id, type_=type_), next_number)

    async def create(self, user_id: str, webinar: NewWebinar) -> Webinar:
        """Create a webinar and return it, with its links.

        Zoom allows 100 created or changed meetings and webinars per host and day; the next one raises
        `ResourceLimitReached`. Raises `BadRequest` for a simulive webinar without fixed time (code 4505), and
        `OutcomeUnknown` if no response arrived: check whether the webinar exists before you create it again.
        """
        call = self.CREATE.at(user_id, body=webinar)
        return await self._session.send(call.with_resource_quotas(host_quota(webinar.schedule_for or user_id)))

    async def get(
        self, webinar_id: MeetingRef, *, occurrence_id: str | None = None, show_previous_occurrences: bool | None = None
    ) -> Webinar:
        """Return a webinar by number, or by the UUID of an instance, or one occurrence of a recurring webinar.

        The occurrences of a recurring webinar include past ones only with *show_previous_occurrences*.
        """
        call = self.GET.at(webinar_id, occurrence_id=occurrence_id, show_previous_occurrences=show_previous_occurrences)
        return await self._session.send(call)

    async def update(self, webinar_id: int, webinar: WebinarUpdate, *, occurrence_id: str | None = None) -> None:
        """Change a webinar, or one occurrence of a recurring webinar.

        An occurrence can have its own agenda, start and duration, and of the settings *host_video*, *panelists_video*,
        *hd_video*, *auto_recording* and the watermark. Zoom allows 100 created or changed meetings and webinars per
        host and day; the next one raises `ResourceLimitReached`. The client counts a change only if *schedule_for*
        names the host. Raises `BadRequest` for a simulive webinar that has started (code 3000), and `OutcomeUnknown` if
        no response arrived.
        """
        call = self.UPDATE.at(webinar_id, body=webinar, occurrence_id=occurrence_id)
        await self._session.send(call.with_resource_quotas(*named_host_quota(webinar.schedule_for)))

    async def delete(
        self, webinar_id: int, *, occurrence_id: str | None = None, cancel_webinar_reminder: bool | None = None
    ) -> None:
        """Delete a webinar with all its occurrences, or only *occurrence_id*.

        *cancel_webinar_reminder* sends a mail to panelists and registrants (by default not). Raises `BadRequest` (code
        3000) for a simulive webinar that has started, and for one that was created in Zoom Events.
        """
        call = self.DELETE.at(webinar_id, occurrence_id=occurrence_id, cancel_webinar_reminder=cancel_webinar_reminder)
        await self._session.send(call)

    async def update_status(self, webinar_id: int, status: WebinarStatusUpdate) -> None:
        """End a running webinar. Raises `BadRequest` for one on premises (code 3063)."""
        await self._session.send(self.UPDATE_STATUS.at(webinar_id, body=status))

    async def end(self, webinar_id: int) -> None:
        """End a running webinar. Short for `update_status` with the action "end"."""
        await self.update_status(webinar_id, WebinarStatusUpdate(action="end"))

    async def caption_token(
        self, webinar_id: int, *, type_: Literal["closed_caption_token"] | str | None = None
    ) -> CaptionToken:
        """Return the address for closed captions. The only *type_* is Zoom's default.

        Raises `BadRequest` (code 3000) if the webinar is not running, or if closed captions are off.
        """
        return await self._session.send(self.CAPTION_TOKEN.at(webinar_id, type_=type_))

    async def sip_uri(self, webinar_id: int, uri: NewSipUri = NewSipUri()) -> SipUri:  # noqa: B008  it is frozen
        """Return a SIP URI that dials a webinar, and the seconds after which it expires."""
        return await self._session.send(self.SIP_URI.at(webinar_id, body=uri))

    def tracking_sources(self, webinar_id: int) -> Paginator[TrackingSourcesPage, TrackingSource]:
        """Iterate over the tracking sources of a webinar with registration."""
        return paginate(self._session, self.TRACKING_SOURCES.at(webinar_id))

    async def create_invite_links(self, webinar_id: int, links: NewInviteLinks) -> InviteLinks:
        """Create a personal link for each of at most 500 people. Requires a Business or Education plan."""
        return await self._session.send(self.CREATE_INVITE_LINKS.at(webinar_id, body=links))
