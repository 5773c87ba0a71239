"""Cloud recordings of a simulated account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from ..account import defaults, scheduling
from ..account.instance import Instance
from ..account.meeting import MANUAL_APPROVAL
from ..account.recording import Recording, RecordingFile
from ..protocol.times import at
from .seeded_random import SeededRandom

_FILES: Final = (
    ("MP4", "MP4", "shared_screen_with_speaker_view"),
    ("M4A", "M4A", "audio_only"),
    ("TRANSCRIPT", "VTT", "audio_transcript"),
    ("CHAT", "TXT", "chat_file"),
    ("TIMELINE", "JSON", "timeline"),
)
_DECISIONS: Final = ("approved", "pending", "denied")


def simulate_recordings(rng: SeededRandom, instances: Sequence[Instance], today: date) -> list[Recording]:
    """Return the recordings of the instances that a licensed host recorded.

    Every tenth has a password, every tenth is in the trash, and of every tenth one file is. Those of every fifth
    meeting number are on demand.
    """
    recorded = [each for each in instances if each.has_recording and not each.host.is_basic]
    recordings = [_recording(rng, number, each) for number, each in enumerate(recorded)]
    for recording in recordings[-3::-10]:
        for file in recording.files:
            file.deleted_at = at(today, 0)
    for recording in recordings[-4::-10]:
        recording.files[-1].deleted_at = at(today, 0)
    return recordings


def _recording(rng: SeededRandom, number: int, instance: Instance) -> Recording:
    on_demand = instance.id % 5 == 0
    recording = Recording.of(instance)
    recording.password = f"{rng.below(10**6):06d}" if number % 10 == 0 else ""
    recording.files = list(_files(rng, instance, len(_FILES) if on_demand else rng.randrange(2, len(_FILES))))
    recording.settings = {"on_demand": True, "approval_type": MANUAL_APPROVAL} if on_demand else {}
    recording.views = [
        replace(each, download=rng.chance(0.3))
        for each in defaults.recording_views(1 + rng.below(8), instance.end_time + timedelta(minutes=rng.below(60)))
    ]
    recording.registrants = [
        replace(each, status=rng.choice(_DECISIONS))
        for each in scheduling.registrants(40 if on_demand else 0, instance.id, instance.end_time)
    ]
    recording.questions = [{"field_name": "last_name", "required": False}] if on_demand else []
    return recording


def _files(rng: SeededRandom, instance: Instance, count: int) -> Iterator[RecordingFile]:
    for file_type, extension, recording_type in _FILES[:count]:
        yield RecordingFile(
            id=_id(rng),
            file_type=file_type,
            file_extension=extension,
            recording_type=recording_type,
            content=rng.randbytes(rng.randrange(256, 2048)),
        )
    if rng.chance(0.2):
        yield RecordingFile(
            id=_id(rng),
            file_type="M4A",
            file_extension="M4A",
            recording_type="audio_only",
            file_name=f"Audio only - {instance.host.name}",
            content=rng.randbytes(512),
        )


def _id(rng: SeededRandom) -> str:
    return str(UUID(int=rng.getrandbits(128)))
