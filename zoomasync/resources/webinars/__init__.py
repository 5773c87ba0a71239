"""`zoom.webinars`: webinars, with a namespace for each part of one."""

from __future__ import annotations

from ..._core.session import Session
from .._resource import Resource
from .livestream import WebinarLivestream
from .polls import WebinarPolls
from .registrants import WebinarRegistrants
from .survey import WebinarSurvey


class Webinars(Resource):
    """Webinars."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.livestream: WebinarLivestream = WebinarLivestream(session)
        self.polls: WebinarPolls = WebinarPolls(session)
        self.registrants: WebinarRegistrants = WebinarRegistrants(session)
        self.survey: WebinarSurvey = WebinarSurvey(session)
