"""What a recording says about itself: ``manifest.json`` beside its files.

A run of the program that is recorded into a lake says the same and more, in ``runs/ID.json`` below the lake's root.
"""

from __future__ import annotations

import datetime as dt
import enum
import os
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Final

import msgspec

from spymaster.errors import ExitCode, UserError
from spymaster.market.frames import UserLevel
from spymaster.market.kinds import PRICE_SCALE

MANIFEST_NAME: Final = "manifest.json"

Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class ManifestError(UserError):
    """A recording whose manifest is missing or unusable. Caught where a lake's other runs are still good."""

    default_code: ClassVar[ExitCode] = ExitCode.DATA


class RecordingFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file of a recording: its path below the folder (forward slashes), its SHA-256, its number of records.

    Of a lake's Parquet file also what its rows are (``kind``: a record kind, or CONTROL, SIGNALS, ALERTS), its size,
    and for numbered records the first and the last number.
    """

    path: str
    sha256: str
    records: int
    kind: str = ""
    bytes: int = 0
    first_seq: int | None = None
    last_seq: int | None = None


class RunStatus(enum.StrEnum):
    """How a run's recording stands. Only a sealed one is complete."""

    OPEN = "open"
    TORN = "torn"
    SEALED = "sealed"


class RunGap(msgspec.Struct, frozen=True):
    """Records known to be missing between two times, ns UTC."""

    feed: str
    from_ns: int
    to_ns: int
    reason: str


class TrustChange(msgspec.Struct, frozen=True):
    """An input's light changed at snap ``t_ns``; ``state`` and ``reason`` as they are published."""

    t_ns: int
    input: str
    state: str
    reason: str = ""


class DayRoot(msgspec.Struct, frozen=True):
    """The chain of a run's predictions as of the end of a trade date (yyyymmdd): its last hash after so many ``lines``,
    with ``said`` predictions in them."""

    date: int
    lines: int
    said: int
    root: str


class PredictionSeal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a run's file of predictions has to be: so many ``lines``, the last with this hash (docs/predictions.md 1).

    ``path``: of the file below the lake's root; ``days``: the chain by trade date. ``problem``: what stood behind
    those lines when the run was sealed and did not belong to them.
    """

    path: str
    lines: int
    said: int
    root: str
    days: tuple[DayRoot, ...] = ()
    problem: str = ""


class AuditedFile(msgspec.Struct, frozen=True):
    """A vendor's file that a run was held against: its name, SHA-256 and bytes."""

    name: str
    sha256: str
    bytes: int


class Audit(msgspec.Struct, frozen=True):
    """The receipt of a run held against the vendor's account. ``verdict``: same, known gaps or differs; ``counts``:
    records compared and differences of each sort, by kind; ``signals``: rows of levels that differ, None where the
    accounts were not played."""

    at: Moment
    verdict: str
    files: tuple[AuditedFile, ...]
    counts: dict[str, dict[str, int]]
    signals: int | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run of the program that was recorded. ``mode``: live, record, replay or simulated.
    ``underlying``: what its levels are of.

    ``config``: the configuration in force and ``config_sha256`` of its canonical JSON. ``counts``: records by kind.
    ``last_seq``: number of the last record, None before the first. ``trust_left_out``: changes beyond those listed.
    ``reason``: why a torn one is torn. ``predictions``: what a model said in it, where one did. ``audits``: what it was
    held against since, oldest first.
    ``let_go``: tiers whose files were removed by a policy, while the rest stayed.
    """

    id: str
    mode: str
    underlying: str = ""
    status: RunStatus
    started: Moment
    ended: Moment | None = None
    code_version: str
    config_sha256: str
    config: dict[str, Any]
    counts: dict[str, int] = {}
    last_seq: int | None = None
    gaps: tuple[RunGap, ...] = ()
    trust: tuple[TrustChange, ...] = ()
    trust_left_out: int = 0
    reason: str = ""
    predictions: PredictionSeal | None = None
    audits: tuple[Audit, ...] = ()
    let_go: tuple[str, ...] = ()


class RecordingLevel(msgspec.Struct, frozen=True):
    """A price worth watching in this recording, in the profile's unit."""

    id: str
    price: Decimal


class RecordingFigure(msgspec.Struct, frozen=True):
    """A figure that ``evaluate signals`` gives of this recording: a share, and of how many."""

    name: str
    value: float
    of: int


class RecordingManifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recording. ``records``: of its market data, definitions not counted; ``end`` is exclusive.

    ``generator``, ``seed`` and ``plan`` say how a simulated one was made, so that it can be made again; ``story``: what
    it shows and why that seed; ``figures``: what the program's signals were worth in it. ``run``: of a recording that a
    run of the program left behind.
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
    story: str = ""
    figures: tuple[RecordingFigure, ...] = ()
    run: Run | None = None

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
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ManifestError(folder, f"not a recording, it has no {MANIFEST_NAME}", "name a recording folder") from None
    except OSError as error:
        raise ManifestError(path, f"cannot be read ({error.strerror})", "check its permissions") from None
    manifest = decode_manifest(data, path)
    for file in manifest.files:
        if not (folder / file.path).is_file():
            raise ManifestError(folder, f"{file.path} is missing", "copy or fetch the whole recording again")
    return manifest


def decode_manifest(data: bytes, place: str | os.PathLike[str]) -> RecordingManifest:
    """A manifest whose files all lie below its folder; ``place``: its name for messages. Raises ManifestError."""
    try:
        manifest = _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise ManifestError(place, f"not a recording's manifest ({error})", "record or fetch it again") from None
    except UnicodeDecodeError:
        raise ManifestError(place, "not a recording's manifest (not UTF-8)", "record or fetch it again") from None
    for file in manifest.files:
        inside = PurePosixPath(file.path)
        if inside.is_absolute() or ".." in inside.parts or "\\" in file.path:
            raise ManifestError(place, f"names {file.path!r}, which lies outside the recording", "do not use it")
    return manifest


def _ns(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
