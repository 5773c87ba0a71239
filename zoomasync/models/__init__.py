"""Structs of requests and responses, one module per resource.

This package offers the structs that a caller constructs, and ``UNSET``. The structs of a response are in the module of
their resource: ``from zoomasync.models.reports import UserMeeting``.

Responses: each field that Zoom may omit has a default, None or an empty tuple, and None means that Zoom sent no value.
Text may be empty, as Zoom sends it. A listed row without the id that other calls need is invalid. Times are aware, in
UTC. Keys without a field are ignored. A field with documented values may hold another value.

Requests: None is not sent and an empty value is. In ``…Update`` structs of a PATCH, ``UNSET`` is not sent and None is
sent as null. An aware time is sent in UTC. Lengths, ranges and counts of the reference are checked
before a request is sent. Documented values are not, since Zoom adds to them.

Structs of a response, such as its settings or panelists, may be part of a request: fields that only responses have are
not sent. ``msgspec.convert(meeting, NewMeeting, from_attributes=True)`` copies the fields that the two structs share.

The repr of a struct hides passwords, keys, tokens, and links that hold one. Their values are ordinary attributes.
"""

from typing import TYPE_CHECKING

from msgspec import UNSET

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .custom_fields import CustomKey, NewTrackingField
    from .invite_links import NewInviteLink, NewInviteLinks
    from .livestream import LivestreamSettings, LivestreamStatusUpdate, LivestreamUpdate
    from .meeting_settings import (
        AuthenticationException,
        BreakoutRoom,
        BreakoutRooms,
        ContinuousMeetingChat,
        CountryRule,
        DialInNumber,
        LanguageInterpretation,
        LanguageInterpreter,
        MeetingInvitee,
        MeetingResource,
        MeetingSettings,
        QuestionAndAnswer,
        SignLanguageInterpretation,
        SignLanguageInterpreter,
        VideoChannel,
        VideoManagement,
        WaitingRoomOptions,
    )
    from .meetings import (
        MeetingStatusUpdate,
        MeetingUpdate,
        NewMeeting,
        NewSipUri,
        Recurrence,
        RtmsAppSettings,
        RtmsStatusUpdate,
    )
    from .polls import NewPoll, NewPolls, PollPrompt, PollQuestion
    from .recordings import (
        NewRecordingRegistrant,
        RecordingRegistrantKey,
        RecordingRegistrantStatusUpdate,
        RecordingSettingsUpdate,
        RecordingStatusUpdate,
    )
    from .registrants import (
        BatchRegistrant,
        CustomAnswer,
        CustomQuestion,
        NewRegistrant,
        NewRegistrants,
        RegistrantKey,
        RegistrantStatusUpdate,
        RegistrationQuestionsUpdate,
        StandardQuestion,
    )
    from .surveys import CustomSurvey, SurveyPrompt, SurveyQuestion, SurveyUpdate
    from .templates import NewMeetingTemplate, NewWebinarTemplate
    from .webinars import (
        NewPanelist,
        NewPanelists,
        NewWebinar,
        SimuliveDelayStart,
        WebinarEmail,
        WebinarSettings,
        WebinarStatusUpdate,
        WebinarUpdate,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            ".custom_fields": ["CustomKey", "NewTrackingField"],
            ".invite_links": ["NewInviteLink", "NewInviteLinks"],
            ".livestream": ["LivestreamSettings", "LivestreamStatusUpdate", "LivestreamUpdate"],
            ".meeting_settings": [
                "AuthenticationException",
                "BreakoutRoom",
                "BreakoutRooms",
                "ContinuousMeetingChat",
                "CountryRule",
                "DialInNumber",
                "LanguageInterpretation",
                "LanguageInterpreter",
                "MeetingInvitee",
                "MeetingResource",
                "MeetingSettings",
                "QuestionAndAnswer",
                "SignLanguageInterpretation",
                "SignLanguageInterpreter",
                "VideoChannel",
                "VideoManagement",
                "WaitingRoomOptions",
            ],
            ".meetings": [
                "MeetingStatusUpdate",
                "MeetingUpdate",
                "NewMeeting",
                "NewSipUri",
                "Recurrence",
                "RtmsAppSettings",
                "RtmsStatusUpdate",
            ],
            ".polls": ["NewPoll", "NewPolls", "PollPrompt", "PollQuestion"],
            ".recordings": [
                "NewRecordingRegistrant",
                "RecordingRegistrantKey",
                "RecordingRegistrantStatusUpdate",
                "RecordingSettingsUpdate",
                "RecordingStatusUpdate",
            ],
            ".registrants": [
                "BatchRegistrant",
                "CustomAnswer",
                "CustomQuestion",
                "NewRegistrant",
                "NewRegistrants",
                "RegistrantKey",
                "RegistrantStatusUpdate",
                "RegistrationQuestionsUpdate",
                "StandardQuestion",
            ],
            ".surveys": ["CustomSurvey", "SurveyPrompt", "SurveyQuestion", "SurveyUpdate"],
            ".templates": ["NewMeetingTemplate", "NewWebinarTemplate"],
            ".webinars": [
                "NewPanelist",
                "NewPanelists",
                "NewWebinar",
                "SimuliveDelayStart",
                "WebinarEmail",
                "WebinarSettings",
                "WebinarStatusUpdate",
                "WebinarUpdate",
            ],
        },
    )

__all__ = [
    "UNSET",
    "AuthenticationException",
    "BatchRegistrant",
    "BreakoutRoom",
    "BreakoutRooms",
    "ContinuousMeetingChat",
    "CountryRule",
    "CustomAnswer",
    "CustomKey",
    "CustomQuestion",
    "CustomSurvey",
    "DialInNumber",
    "LanguageInterpretation",
    "LanguageInterpreter",
    "LivestreamSettings",
    "LivestreamStatusUpdate",
    "LivestreamUpdate",
    "MeetingInvitee",
    "MeetingResource",
    "MeetingSettings",
    "MeetingStatusUpdate",
    "MeetingUpdate",
    "NewInviteLink",
    "NewInviteLinks",
    "NewMeeting",
    "NewMeetingTemplate",
    "NewPanelist",
    "NewPanelists",
    "NewPoll",
    "NewPolls",
    "NewRecordingRegistrant",
    "NewRegistrant",
    "NewRegistrants",
    "NewSipUri",
    "NewTrackingField",
    "NewWebinar",
    "NewWebinarTemplate",
    "PollPrompt",
    "PollQuestion",
    "QuestionAndAnswer",
    "RecordingRegistrantKey",
    "RecordingRegistrantStatusUpdate",
    "RecordingSettingsUpdate",
    "RecordingStatusUpdate",
    "Recurrence",
    "RegistrantKey",
    "RegistrantStatusUpdate",
    "RegistrationQuestionsUpdate",
    "RtmsAppSettings",
    "RtmsStatusUpdate",
    "SignLanguageInterpretation",
    "SignLanguageInterpreter",
    "SimuliveDelayStart",
    "StandardQuestion",
    "SurveyPrompt",
    "SurveyQuestion",
    "SurveyUpdate",
    "VideoChannel",
    "VideoManagement",
    "WaitingRoomOptions",
    "WebinarEmail",
    "WebinarSettings",
    "WebinarStatusUpdate",
    "WebinarUpdate",
]
