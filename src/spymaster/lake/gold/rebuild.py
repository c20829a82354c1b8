"""Gold computed anew from Bronze, by running the engine over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from spymaster.lake.bronze.reader import BronzeReader
from spymaster.lake.catalog import GOLD, LakeRun
from spymaster.lake.errors import LakeError
from spymaster.lake.gold.level_tests import LevelTestsWriter
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.part import PartMaker
from spymaster.ledger.follow import LevelTests
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.manifest import RecordingFile, RecordingManifest, encode_manifest
from spymaster.market.params import PARAMS
from spymaster.physics.engine import Engine, SnapBlock

Step = Callable[[int, int], None]
"""Told of each hour: its place and how many there are."""
Configure = Callable[[ConfigFrame], ConfigFrame]
"""Another CONFIG in the place of one that was recorded."""


class Rebuilt(msgspec.Struct, frozen=True):
    """Gold of one run. ``files``: what was computed; ``changed``: names whose content is not what was recorded, files
    that were not there before and files that are not any more included."""

    files: tuple[RecordingFile, ...]
    changed: tuple[str, ...]


def rebuild_gold(
    source: Storage,
    run: LakeRun,
    target: Storage,
    step: Step | None = None,
    *,
    configure: Configure = lambda frame: frame,
) -> Rebuilt:
    """Compute a run's Gold from its Bronze and write it into ``target`` (the same lake, or a scratch folder).

    ``configure``: what it is computed under, where that is not the run's own configuration.

    In the same lake files of the same name are replaced, others of the run's Gold removed, and the manifest follows.
    Raises LakeError where Bronze cannot be read, OSError, and the engine's errors.
    """
    reader = BronzeReader(source, run)
    gold = _Gold(PartMaker(target, run.run.id), run.run.underlying or run.manifest.symbol)
    engine = Engine()
    try:
        files = _computed(source, run, reader, gold, engine, step, configure)
    except BaseException:
        gold.discard()
        raise
    recorded = {file.path: file.sha256 for file in run.files(GOLD)}
    computed = {file.path: file.sha256 for file in files}
    changed = tuple(sorted(name for name, _ in recorded.items() ^ computed.items()))
    if target is source:
        _replace(target, run, tuple(files))
    return Rebuilt(tuple(files), tuple(dict.fromkeys(changed)))


def _computed(
    source: Storage,
    run: LakeRun,
    reader: BronzeReader,
    gold: _Gold,
    engine: Engine,
    step: Step | None,
    configure: Configure,
) -> list[RecordingFile]:
    """Run the engine over Bronze; the files written, in their order."""
    files: list[RecordingFile] = []
    hours = reader.hours
    for index, hour in enumerate(hours):
        for frame in reader.hour(hour):
            if isinstance(frame, ConfigFrame):
                frame = configure(frame)
                if len(frame.params) != PARAMS.itemsize:
                    raise LakeError(
                        source.url(run.name), "was configured by another version of the program", "use that version"
                    )
                gold.configure(frame, hour)
            elif engine.config is None:
                continue
            gold.take(engine.feed(frame), hour)
        if index == len(hours) - 1:
            gold.take(engine.finish(), hour)
            gold.end(hour)
        files += gold.close_hour()
        if step is not None:
            step(index + 1, len(hours))
    if engine.config is None:
        raise LakeError(source.url(run.name), "the run holds no configuration to compute with", "record it again")
    return files


class _Gold:
    """All tables of Gold of one run."""

    def __init__(self, parts: PartMaker, underlying: str) -> None:
        self._gold = GoldWriter(parts, underlying)
        self._writer = LevelTestsWriter(parts, underlying)
        self._tests: LevelTests | None = None

    def configure(self, frame: ConfigFrame, hour: int) -> None:
        """The engine begins anew: tests of levels that are open end unknown."""
        ids = [level.id for level in frame.user_levels]
        self._gold.configure(float(np.frombuffer(frame.params, PARAMS)["monitor_band"][0]), ids)
        self._writer.configure(ids)
        self.end(hour)
        if self._tests is None:
            self._tests = LevelTests(frame.instrument.tick_e9 / PRICE_SCALE)

    def take(self, blocks: Iterator[SnapBlock], hour: int) -> None:
        """What the engine made of a frame."""
        for block in blocks:
            assert self._tests is not None
            used = np.arange(block.rows.shape[1]) < block.snaps["levels"][:, np.newaxis]
            self._gold.signals(block.snaps, block.rows[used], hour)
            self._gold.alerts(block.alerts, hour)
            if len(block.snaps):
                self._writer.tests(self._tests.on_block(block), hour)

    def end(self, hour: int) -> None:
        """Tests that are open end unknown."""
        if self._tests is not None:
            self._writer.tests(self._tests.finish(), hour)

    def close_hour(self) -> list[RecordingFile]:
        """Make the files of the hour durable and visible."""
        return [*self._gold.close_hour(), *self._writer.close_hour()]

    def discard(self) -> None:
        """Give the open hour up."""
        self._gold.discard()
        self._writer.discard()


def _replace(storage: Storage, run: LakeRun, files: tuple[RecordingFile, ...]) -> None:
    """The manifest names the new Gold; then what is no part of it any more goes."""
    manifest: RecordingManifest = run.manifest
    others = [file for file in manifest.files if not file.path.startswith(f"{GOLD}/")]
    merged = tuple(sorted((*others, *files), key=lambda file: file.path))
    storage.put(run.name, encode_manifest(msgspec.structs.replace(manifest, files=merged)))
    for file in run.files(GOLD):
        if file.path not in {new.path for new in files}:
            storage.remove(file.path)
