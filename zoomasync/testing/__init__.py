"""`FakeZoom`: a simulated or hand-made Zoom account for tests, served over HTTP on this machine."""

from __future__ import annotations

from .account.account import Account
from .account.host import CustomAttribute, DialInNumber, Feature, Host, PacAccount
from .account.instance import (
    Asker,
    CustomKey,
    Instance,
    PollAnswer,
    PollResponse,
    Question,
    QuestionAnswer,
    Summary,
    SummarySection,
    Survey,
    SurveyAnswer,
    SurveyResponse,
    TrackingField,
    Visit,
)
from .account.meeting import (
    CustomAnswer,
    Livestream,
    MeetingTemplate,
    MeetingType,
    Occurrence,
    Poll,
    PollStatus,
    Registrant,
    RegistrantStatus,
    ScheduledMeeting,
)
from .account.recording import Recording, RecordingFile
from .account.records import (
    Activity,
    BillingReport,
    Invoice,
    OperationLog,
    RecordingStorage,
    TelephoneLeg,
    UpcomingEvent,
)
from .pipeline import LoggedRequest
from .server import FakeZoom

__all__ = [
    "Account",
    "Activity",
    "Asker",
    "BillingReport",
    "CustomAnswer",
    "CustomAttribute",
    "CustomKey",
    "DialInNumber",
    "FakeZoom",
    "Feature",
    "Host",
    "Instance",
    "Invoice",
    "Livestream",
    "LoggedRequest",
    "MeetingTemplate",
    "MeetingType",
    "Occurrence",
    "OperationLog",
    "PacAccount",
    "Poll",
    "PollAnswer",
    "PollResponse",
    "PollStatus",
    "Question",
    "QuestionAnswer",
    "Recording",
    "RecordingFile",
    "RecordingStorage",
    "Registrant",
    "RegistrantStatus",
    "ScheduledMeeting",
    "Summary",
    "SummarySection",
    "Survey",
    "SurveyAnswer",
    "SurveyResponse",
    "TelephoneLeg",
    "TrackingField",
    "UpcomingEvent",
    "Visit",
]
