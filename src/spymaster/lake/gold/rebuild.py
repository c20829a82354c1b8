"""Gold computed anew from Bronze, by running the engine over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from spymaster.lake.bronze.reader import BronzeReader
from spymaster.lake.catalog import GOLD, LakeRun
from spymaster.lake.errors import LakeError
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.part import PartMaker
from spymaster.market.frames import ConfigFrame
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
    gold = GoldWriter(PartMaker(target, run.run.id), run.run.underlying or run.manifest.symbol)
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
    gold: GoldWriter,
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
                params = np.frombuffer(frame.params, PARAMS)
                gold.configure(float(params["monitor_band"][0]), [level.id for level in frame.user_levels])
            elif engine.config is None:
                continue
            _take(gold, engine.feed(frame), hour)
        if index == len(hours) - 1:
            _take(gold, engine.finish(), hour)
        files += gold.close_hour()
        if step is not None:
            step(index + 1, len(hours))
    if engine.config is None:
        raise LakeError(source.url(run.name), "the run holds no configuration to compute with", "record it again")
    return files


def _take(gold: GoldWriter, blocks: Iterator[SnapBlock], hour: int) -> None:
    for block in blocks:
        used = np.arange(block.rows.shape[1]) < block.snaps["levels"][:, np.newaxis]
        gold.signals(block.snaps, block.rows[used], hour)
        gold.alerts(block.alerts, hour)


def _replace(storage: Storage, run: LakeRun, files: tuple[RecordingFile, ...]) -> None:
    """The manifest names the new Gold; then what is no part of it any more goes."""
    manifest: RecordingManifest = run.manifest
    others = [file for file in manifest.files if not file.path.startswith(f"{GOLD}/")]
    merged = tuple(sorted((*others, *files), key=lambda file: file.path))
    storage.put(run.name, encode_manifest(msgspec.structs.replace(manifest, files=merged)))
    for file in run.files(GOLD):
        if file.path not in {new.path for new in files}:
            storage.remove(file.path)
