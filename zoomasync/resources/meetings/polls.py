"""`zoom.meetings.polls`: the polls of a scheduled meeting."""

from __future__ import annotations

from types import NoneType

from ..._label import Label
from ...models.polls import NewPolls, Poll, PollsCreated, PollsPage
from .._resource import ADMIN_READ, ADMIN_WRITE, endpoint
from .._shared.polls import Polls


class MeetingPolls(Polls):
    """The polls of a scheduled meeting."""

    LIST = endpoint("GET /meetings/{meetingId}/polls", Label.LIGHT, PollsPage, ADMIN_READ, "meeting:read:list_polls")
    CREATE = endpoint("POST /meetings/{meetingId}/polls", Label.LIGHT, Poll, ADMIN_WRITE, "meeting:write:poll")
    CREATE_BATCH = endpoint(
        "POST /meetings/{meetingId}/batch_polls", Label.LIGHT, PollsCreated, ADMIN_WRITE, "meeting:write:batch_polls"
    )
    GET = endpoint("GET /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, Poll, ADMIN_READ, "meeting:read:poll")
    REPLACE = endpoint(
        "PUT /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, NoneType, ADMIN_WRITE, "meeting:update:poll"
    )
    DELETE = endpoint(
        "DELETE /meetings/{meetingId}/polls/{pollId}", Label.LIGHT, NoneType, ADMIN_WRITE, "meeting:delete:poll"
    )

    async def create_batch(self, meeting_id: int, polls: NewPolls) -> PollsCreated:
        """Create up to 25 polls in one call, and return them.

        A meeting has at most 50 polls (`BadRequest`, code 4400). Raises `OutcomeUnknown` as `create` does.
        """
        return await self._session.send(self.CREATE_BATCH.at(meeting_id, body=polls))
