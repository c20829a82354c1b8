"""What a recording says about itself: ``manifest.json`` beside its files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import msgspec

from spymaster.market.frames import UserLevel
from spymaster.market.kinds import PRICE_SCALE

MANIFEST_NAME: Final = "manifest.json"

Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class ManifestError(ValueError):
    """A recording whose manifest is missing or unusable: one line naming it, what is wrong and the remedy."""


class RecordingFile(msgspec.Struct, frozen=True):
    """One file of a recording: its path below the folder (forward slashes), its SHA-256, its number of records."""

    path: str
    sha256: str
    records: int


class RecordingLevel(msgspec.Struct, frozen=True):
    """A price worth watching in this recording, in the profile's unit."""

    id: str
    price: Decimal


class RecordingManifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recording. ``records``: of its market data, definitions not counted; ``end`` is exclusive.

    ``generator``, ``seed`` and ``plan`` say how a simulated one was made, so that it can be made again.
    """

    name: str
    simulated: bool
    profile: str
    symbol: str
    start: Moment
    end: Moment
    records: int
    files: tuple[RecordingFile, ...]
    levels: tuple[RecordingLevel, ...] = ()
    note: str = ""
    generator: str | None = None
    seed: int | None = None
    plan: str | None = None

    @property
    def start_ns(self) -> int:
        """Beginning, ns UTC."""
        return _ns(self.start)

    @property
    def end_ns(self) -> int:
        """End, exclusive, ns UTC."""
        return _ns(self.end)

    @property
    def user_levels(self) -> tuple[UserLevel, ...]:
        """The levels as an engine takes them."""
        return tuple(UserLevel(level.id, int(level.price * PRICE_SCALE)) for level in self.levels)


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(RecordingManifest)


def encode_manifest(manifest: RecordingManifest) -> bytes:
    """The manifest as JSON for people: indented, prices as plain numbers."""
    return msgspec.json.format(_ENCODER.encode(manifest), indent=2) + b"\n"


def load_manifest(folder: Path) -> RecordingManifest:
    """The manifest of a recording folder, whose files are all there. Raises ManifestError."""
    path = folder / MANIFEST_NAME
    try:
        manifest = _DECODER.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ManifestError(f"{folder}: not a recording, it has no {MANIFEST_NAME}; name a recording folder") from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    except msgspec.MsgspecError as error:
        raise ManifestError(f"{path}: not a recording's manifest ({error}); record or fetch it again") from None
    except UnicodeDecodeError:
        raise ManifestError(f"{path}: not a recording's manifest (not UTF-8); record or fetch it again") from None
    for file in manifest.files:
        _check_file(folder, path, file.path)
    return manifest


def _check_file(folder: Path, manifest: Path, name: str) -> None:
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or "\\" in name:
        raise ManifestError(f"{manifest}: names {name!r}, which lies outside the recording; do not use it")
    if not (folder / inside).is_file():
        raise ManifestError(f"{folder}: {name} is missing; copy or fetch the whole recording again")


def _ns(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
