"""`zoom.meetings.polls`: the polls of a scheduled meeting."""

from __future__ import annotations

from types import NoneType

from ..._core.endpoint import Endpoint
from ..._core.pagination import Paginator, paginate
from ..._label import Label
from ...models.polls import NewPoll, Poll, PollsPage
from .._resource import Resource

_READ = ("meeting:read:admin", "meeting:read")
_WRITE = ("meeting:write:admin", "meeting:write")


class Polls(Resource):
    """Polls and quizzes of a scheduled meeting. The host must have a Pro licence.

    All methods raise `BadRequest` if polls, or advanced polls, are off (code 4400), and `NotFound` for an unknown poll
    or meeting.
    """

    LIST = Endpoint(
        route="GET /meetings/{meetingId}/polls",
        label=Label.LIGHT,
        scopes=_READ,
        granular_scopes=("meeting:read:list_polls", "meeting:read:list_polls:admin"),
        response=PollsPage,
    )
    CREATE = Endpoint(
        route="POST /meetings/{meetingId}/polls",
        label=Label.LIGHT,
        scopes=_WRITE,
        granular_scopes=("meeting:write:poll", "meeting:write:poll:admin"),
        response=Poll,
    )
    GET = Endpoint(
        route="GET /meetings/{meetingId}/polls/{pollId}",
        label=Label.LIGHT,
        scopes=_READ,
        granular_scopes=("meeting:read:poll", "meeting:read:poll:admin"),
        response=Poll,
    )
    REPLACE = Endpoint(
        route="PUT /meetings/{meetingId}/polls/{pollId}",
        label=Label.LIGHT,
        scopes=_WRITE,
        granular_scopes=("meeting:update:poll", "meeting:update:poll:admin"),
        response=NoneType,
    )
    DELETE = Endpoint(
        route="DELETE /meetings/{meetingId}/polls/{pollId}",
        label=Label.LIGHT,
        scopes=_WRITE,
        granular_scopes=("meeting:delete:poll", "meeting:delete:poll:admin"),
        response=NoneType,
    )

    def list(self, meeting_id: int, *, anonymous: bool | None = None) -> Paginator[PollsPage, Poll]:
        """Iterate over the polls of a meeting: all, only anonymous ones (True), or only the others (False)."""
        return paginate(self._session, self.LIST.at(meeting_id, anonymous=anonymous))

    async def create(self, meeting_id: int, poll: NewPoll) -> Poll:
        """Create a poll and return it.

        Raises `OutcomeUnknown` if no response arrived: check with `list` before you create the poll again.
        """
        return await self._session.send(self.CREATE.at(meeting_id, body=poll))

    async def get(self, meeting_id: int, poll_id: str) -> Poll:
        """Return one poll."""
        return await self._session.send(self.GET.at(meeting_id, poll_id))

    async def replace(self, meeting_id: int, poll_id: str, poll: NewPoll) -> None:
        """Replace a poll with *poll*. The id stays the same."""
        await self._session.send(self.REPLACE.at(meeting_id, poll_id, body=poll))

    async def delete(self, meeting_id: int, poll_id: str) -> None:
        """Delete a poll."""
        await self._session.send(self.DELETE.at(meeting_id, poll_id))
