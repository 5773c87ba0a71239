"""The polls of a scheduled meeting or webinar."""

from __future__ import annotations

from typing import ClassVar

from ..._core.endpoint import Endpoint
from ..._core.pagination import Paginator, paginate
from ...models.polls import NewPoll, Poll, PollsPage
from .._resource import Resource


class Polls(Resource):
    """Polls and quizzes of a scheduled meeting or webinar. *meeting_id* is the number of either.

    The host must have a Pro licence. All methods raise `BadRequest` if polls, or advanced polls, are off (code 4400),
    and `NotFound` for an unknown poll, meeting or webinar.
    """

    LIST: ClassVar[Endpoint[PollsPage]]
    CREATE: ClassVar[Endpoint[Poll]]
    GET: ClassVar[Endpoint[Poll]]
    REPLACE: ClassVar[Endpoint[None]]
    DELETE: ClassVar[Endpoint[None]]

    def list(self, meeting_id: int, *, anonymous: bool | None = None) -> Paginator[PollsPage, Poll]:
        """Iterate over the polls: all, only anonymous ones (True), or only the others (False)."""
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
