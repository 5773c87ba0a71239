"""`zoom.meetings.polls`: the polls of a scheduled meeting."""

from __future__ import annotations

from types import NoneType

from ..._core.pagination import Paginator, paginate
from ..._label import Label
from ...models.polls import NewPoll, Poll, PollsPage
from .._resource import ADMIN_READ, ADMIN_WRITE, Resource, endpoint


class Polls(Resource):
    """Polls and quizzes of a scheduled meeting. The host must have a Pro licence.

    All methods raise `BadRequest` if polls, or advanced polls, are off (code 4400), and `NotFound` for an unknown poll
    or meeting.
    """

    LIST = endpoint("GET /meetings/{meetingId}/polls", Label.LIGHT, PollsPage, ADMIN_READ, "meeting:read:list_polls")
    CREATE = endpoint("POST /meetings/{meetingId}/polls", Label.LIGHT, Poll, ADMIN_WRITE, "meeting:write:poll")
    GET = endpoint("GET /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, Poll, ADMIN_READ, "meeting:read:poll")
    REPLACE = endpoint(
        "PUT /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, NoneType, ADMIN_WRITE, "meeting:update:poll"
    )
    DELETE = endpoint(
        "DELETE /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, NoneType, ADMIN_WRITE, "meeting:delete:poll"
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
