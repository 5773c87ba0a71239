"""`FakeZoom`: a simulated or hand-made Zoom account for tests, served over HTTP on this machine."""

from __future__ import annotations

from .account.account import Account, AccountFeature
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
from .account.mails import Mail, MailKind
from .account.meeting import (
    CustomAnswer,
    Livestream,
    MeetingTemplate,
    MeetingType,
    Occurrence,
    Panelist,
    Poll,
    PollStatus,
    Registrant,
    RegistrantStatus,
    ScheduledMeeting,
    TrackingSource,
)
from .account.recording import Recording, RecordingFile, RecordingView
from .account.records import (
    Activity,
    BillingReport,
    Invoice,
    MeetingActivity,
    OperationLog,
    RecordingStorage,
    RemoteSupport,
    TelephoneLeg,
    UpcomingEvent,
)
from .pipeline import LoggedRequest
from .server import FakeZoom
from .webhooks.delivery import WebhookDelivery
from .webhooks.sender import WebhookSubscription

__all__ = [
    "Account",
    "AccountFeature",
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
    "Mail",
    "MailKind",
    "MeetingActivity",
    "MeetingTemplate",
    "MeetingType",
    "Occurrence",
    "OperationLog",
    "PacAccount",
    "Panelist",
    "Poll",
    "PollAnswer",
    "PollResponse",
    "PollStatus",
    "Question",
    "QuestionAnswer",
    "Recording",
    "RecordingFile",
    "RecordingStorage",
    "RecordingView",
    "Registrant",
    "RegistrantStatus",
    "RemoteSupport",
    "ScheduledMeeting",
    "Summary",
    "SummarySection",
    "Survey",
    "SurveyAnswer",
    "SurveyResponse",
    "TelephoneLeg",
    "TrackingField",
    "TrackingSource",
    "UpcomingEvent",
    "Visit",
    "WebhookDelivery",
    "WebhookSubscription",
]
