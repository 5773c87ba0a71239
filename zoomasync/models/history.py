"""Structs of `zoom.reports.history_meetings`: ended meetings and webinars, and the features that they used."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct, field

from .custom_fields import CustomKey, TrackingField
from .field_types import Id, Timestamp
from .pages import TokenPage

MeetingFeature: TypeAlias = (
    Literal[
        "screen_sharing",
        "video_on",
        "remote_control",
        "closed_caption",
        "language_interpretation",
        "telephone_usage",
        "in_meeting_chat",
        "poll",
        "join_by_room",
        "waiting_room",
        "live_transcription",
        "reaction",
        "zoom_apps",
        "annotation",
        "raise_hand",
        "virtual_background",
        "whiteboard",
        "immersive_scene",
        "avatar",
        "switch_to_mobile",
        "file_sharing",
        "meeting_summary",
        "meeting_questions",
        "record_to_computer",
        "record_to_cloud",
        "live_translation",
        "registration",
        "smart_recording",
        "multi_speaker",
        "meeting_wallpaper",
        "gen_ai_virtual_background",
        "multi_share",
        "document_collaboration",
        "portrait_lighting",
        "personalized_audio_isolation",
        "color_themes",
    ]
    | str
)


class FeaturesUsed(Struct, frozen=True, kw_only=True):
    """The features of an ended meeting or webinar: True for those that were used or switched on."""

    screen_sharing: bool | None = None
    video_on: bool | None = None
    remote_control: bool | None = None
    closed_caption: bool | None = None
    breakout_room: bool | None = None
    language_interpretation: bool | None = None
    telephone_usage: bool | None = None
    in_meeting_chat: bool | None = None
    poll: bool | None = None
    join_by_room: bool | None = None
    waiting_room: bool | None = None
    live_transcription: bool | None = None
    reaction: bool | None = None
    zoom_apps: bool | None = None
    annotation: bool | None = None
    raise_hand: bool | None = None
    virtual_background: bool | None = None
    whiteboard: bool | None = None
    immersive_scene: bool | None = None
    avatar: bool | None = None
    switch_to_mobile: bool | None = None
    file_sharing: bool | None = None
    meeting_summary: bool | None = None
    meeting_questions: bool | None = None
    record_to_computer: bool | None = None
    record_to_cloud: bool | None = None
    live_translation: bool | None = None
    registration: bool | None = None
    smart_recording: bool | None = None
    multi_speaker: bool | None = None
    meeting_wallpaper: bool | None = None
    gen_ai_virtual_background: bool | None = None
    multi_share: bool | None = None
    document_collaboration: bool | None = None
    portrait_lighting: bool | None = None
    personalized_audio_isolation: bool | None = None
    color_themes: bool | None = None


class HistoryMeeting(Struct, frozen=True, kw_only=True):
    """One ended meeting or webinar. *meeting_uuid* identifies it in requests for its reports.

    *duration* and *total_participant_minutes* are in minutes. *department*, *group* and *custom_fields* are the host's.
    Only webinars have *unique_viewers*, who watched on a computer, and *max_concurrent_views*.
    """

    meeting_uuid: Id
    meeting_id: int | None = None
    type: Literal["Meeting", "Webinar"] | str | None = None
    host_display_name: str | None = None
    host_email: str | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    topic: str | None = None
    participants: int | None = None
    duration: int | None = None
    total_participant_minutes: int | None = None
    department: str | None = None
    group: tuple[str, ...] = ()
    source: str | None = None
    unique_viewers: int | None = None
    max_concurrent_views: int | None = None
    create_time: Timestamp | None = None
    custom_fields: tuple[CustomKey, ...] = ()
    tracking_fields: tuple[TrackingField, ...] = ()
    feature_used: FeaturesUsed | None = None


class HistoryMeetingsPage(TokenPage, frozen=True, kw_only=True):
    """One page of ended meetings and webinars."""

    items: tuple[HistoryMeeting, ...] = field(name="history_meetings")
