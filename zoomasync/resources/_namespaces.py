"""All namespaces by their path in a client."""

from __future__ import annotations

from typing import Final

from ._resource import Resource
from .meetings import Meetings
from .meetings.livestream import MeetingLivestream
from .meetings.polls import MeetingPolls
from .meetings.registrants import MeetingRegistrants
from .meetings.survey import MeetingSurvey
from .meetings.templates import MeetingTemplates
from .pac import Pac
from .past_meetings import PastMeetings
from .past_webinars import PastWebinars
from .recordings import Recordings
from .recordings.registrants import RecordingRegistrants
from .reports import Reports
from .users import Users
from .webinars import Webinars
from .webinars.livestream import WebinarLivestream
from .webinars.panelists import Panelists
from .webinars.polls import WebinarPolls
from .webinars.registrants import WebinarRegistrants
from .webinars.survey import WebinarSurvey
from .webinars.templates import WebinarTemplates

NAMESPACES: Final[dict[str, type[Resource]]] = {
    "meetings": Meetings,
    "meetings.livestream": MeetingLivestream,
    "meetings.polls": MeetingPolls,
    "meetings.registrants": MeetingRegistrants,
    "meetings.survey": MeetingSurvey,
    "meetings.templates": MeetingTemplates,
    "pac": Pac,
    "past_meetings": PastMeetings,
    "past_webinars": PastWebinars,
    "recordings": Recordings,
    "recordings.registrants": RecordingRegistrants,
    "reports": Reports,
    "webinars": Webinars,
    "webinars.livestream": WebinarLivestream,
    "webinars.polls": WebinarPolls,
    "webinars.registrants": WebinarRegistrants,
    "webinars.survey": WebinarSurvey,
    "users": Users,
    "webinars.panelists": Panelists,
    "webinars.templates": WebinarTemplates,
}
