"""What the manifest of a run says, kept up to date while it is recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.journal.codec import EndFrame
from spymaster.lake.storage.files import Storage
from spymaster.market.frames import Frame, GapFrame
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.manifest import (
    Audit,
    ManifestError,
    PredictionSeal,
    RecordingFile,
    RecordingManifest,
    Run,
    RunGap,
    RunStatus,
    TrustChange,
    decode_manifest,
    encode_manifest,
)
from spymaster.market.rows import INPUTS
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.words import TRUST_WORDS

RUNS: Final = "runs"
_MAX_TRUST_CHANGES: Final = 2000
_KINDS: Final = frozenset(kind.name for kind in Kind)


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run when it begins. ``id``: the journal's session, short ASCII. ``mode``: live, record, replay
    or simulated. ``underlying``: what its levels are of, SPY or ES. ``config``: the configuration in force, as plain
    dicts, lists, numbers and texts; ``name``: for people, by default the id."""

    id: str
    mode: str
    profile: str
    symbol: str
    underlying: str
    started_ns: int
    code_version: str
    config: dict[str, Any]
    simulated: bool = False
    name: str = ""
    note: str = ""


class RunManifest:
    """The manifest of one run in a lake. What an earlier process wrote of the same run is carried on."""

    def __init__(self, storage: Storage, info: RunInfo) -> None:
        self._storage = storage
        self._info = info
        self._name = manifest_name(info.id)
        self._files: dict[str, RecordingFile] = {}
        self._gaps: dict[RunGap, None] = {}
        self._feed_words = FeedWords()
        self._trust: list[TrustChange] = []
        self._trust_left_out = 0
        self._lights: dict[str, tuple[str, str]] = {}
        self._predictions: PredictionSeal | None = None
        self._audits: tuple[Audit, ...] = ()
        self._carry_on()

    @property
    def files(self) -> tuple[RecordingFile, ...]:
        """The durable files so far, by name."""
        return tuple(self._files[path] for path in sorted(self._files))

    def add(self, files: Iterable[RecordingFile]) -> None:
        """Files that became durable."""
        for file in files:
            self._files[file.path] = file

    def predictions(self, seal: PredictionSeal, file: RecordingFile) -> None:
        """What a model said in the run is whole, and durable as this file."""
        self._predictions = seal
        self.add([file])

    def control(self, frame: Frame | EndFrame) -> None:
        """A frame that is no records: holes are listed, and what a feed says of itself is the reason of its lights."""
        if isinstance(frame, EndFrame):
            return
        self._feed_words.take(frame)
        if isinstance(frame, GapFrame):
            self._gaps[RunGap(frame.feed, frame.from_ns, frame.to_ns, frame.reason)] = None

    def trust(self, snaps: NDArray[Any]) -> None:
        """Consecutive snaps (SNAP): note where a light changed."""
        lights = np.stack((snaps["trust"], snaps["trust_reason"]), axis=-1)
        changes = np.flatnonzero((lights[1:] != lights[:-1]).any(axis=(1, 2))) + 1
        for index in [0, *changes.tolist()]:
            for name, (state, reason) in zip(INPUTS, lights[index].tolist(), strict=True):
                light = (TRUST_WORDS[state], self._feed_words.reason(name, reason))
                if self._lights.get(name) != light:
                    self._lights[name] = light
                    self._change(TrustChange(int(snaps["t_ns"][index]), name, *light))

    def write(self, status: RunStatus, last_ns: int, reason: str = "") -> None:
        """Replace the manifest in the lake. Raises OSError."""
        self._storage.put(self._name, encode_manifest(self._manifest(status, last_ns, reason)))

    def _change(self, change: TrustChange) -> None:
        if len(self._trust) < _MAX_TRUST_CHANGES:
            self._trust.append(change)
        else:
            self._trust_left_out += 1

    def _manifest(self, status: RunStatus, last_ns: int, reason: str) -> RecordingManifest:
        info = self._info
        files = self.files
        counts: dict[str, int] = {}
        for file in files:
            if file.kind in _KINDS:
                counts[file.kind] = counts.get(file.kind, 0) + file.records
        ends = [file.last_seq for file in files if file.last_seq is not None and file.kind in _KINDS]
        end = moment_of(max(last_ns, info.started_ns))
        run = Run(
            id=info.id,
            mode=info.mode,
            underlying=info.underlying,
            status=status,
            started=moment_of(info.started_ns),
            ended=None if status is RunStatus.OPEN else end,
            code_version=info.code_version,
            config_sha256=config_hash(info.config),
            config=info.config,
            counts=dict(sorted(counts.items())),
            last_seq=max(ends, default=None),
            gaps=tuple(self._gaps),
            trust=tuple(self._trust),
            trust_left_out=self._trust_left_out,
            reason=reason,
            predictions=self._predictions,
            audits=self._audits,
        )
        return RecordingManifest(
            name=info.name or info.id,
            simulated=info.simulated,
            profile=info.profile,
            symbol=info.symbol,
            start=moment_of(info.started_ns),
            end=end,
            records=sum(counts.values()) - counts.get(Kind.DEF.name, 0),
            files=files,
            note=info.note,
            run=run,
        )

    def _carry_on(self) -> None:
        try:
            before = decode_manifest(self._storage.read(self._name), self._name)
        except (FileNotFoundError, ManifestError):
            return
        if before.run is None:
            return
        self.add(before.files)
        self._gaps.update(dict.fromkeys(before.run.gaps))
        self._trust = list(before.run.trust)
        self._trust_left_out = before.run.trust_left_out
        self._predictions = before.run.predictions
        self._audits = before.run.audits
        self._lights = {change.input: (change.state, change.reason) for change in before.run.trust}


def manifest_name(run_id: str) -> str:
    """Where a run's manifest is, below the lake's root."""
    return f"{RUNS}/{quote(run_id, safe='')}.json"


def config_hash(config: dict[str, Any]) -> str:
    """SHA-256 of a configuration, in whichever order it is written."""
    return hashlib.sha256(msgspec.json.encode(config, order="sorted")).hexdigest()


def moment_of(ns: int) -> dt.datetime:
    """A time in ns UTC, to the microsecond below."""
    return dt.datetime.fromtimestamp(ns // NS_PER_S, tz=dt.UTC) + dt.timedelta(microseconds=ns % NS_PER_S // 1000)
