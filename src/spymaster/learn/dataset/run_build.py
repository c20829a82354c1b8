"""One run on its way to rows: the stages by name, with what each took, and the parts that come of it."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.atomic_output import write_whole
from spymaster.errors import UserError
from spymaster.feeds.errors import SourceError
from spymaster.learn.dataset.columns import SCHEMA, feature_names, in_order
from spymaster.learn.dataset.gather import DecisionSink, Follower, Gathered
from spymaster.learn.dataset.inputs import RunRequest, open_run, source_name
from spymaster.learn.dataset.parts import check_part, write_part
from spymaster.learn.dataset.row_columns import Told, labels_of_decisions, rows_of_run
from spymaster.learn.dataset.set_manifest import Part
from spymaster.learn.event_prices import EventPrices, microprice_of
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.sources.recorded import RecordedSource

REPLAY: Final = "engine replay"
FOLLOW: Final = "attempts, decisions and features"
LABEL: Final = "labels"
FILTER: Final = "session filter and schema"
WRITE: Final = "parts"
STAGES: Final = (REPLAY, FOLLOW, LABEL, FILTER, WRITE)
"""In the order in which a run goes through them."""

BUILDING: Final = ".building"
"""Folder of what is known of runs that are done, while others are not."""
NO_DEPTH: Final = "runs without depth: no price after each event"
NO_CONTRACT: Final = "trade dates on which the contract was not recorded"
NO_SNAP: Final = "runs without a snap"
_SNAPS_PER_BLOCK: Final = 64

FollowerOf = Callable[[float], Follower]


class Settings(msgspec.Struct, frozen=True):
    """What decides the rows beside the run. ``code``: SHA-256 of the deciding sources."""

    code: str
    all_hours: bool = False


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is done. ``settings``, ``schema``: under which; ``seconds``: of a processor, by stage; ``problems``:
    of the recording, a line each; ``was_there``: whether it had been done before."""

    name: str
    sha256: str
    simulated: bool
    profile: str
    settings: Settings
    schema: str
    parts: tuple[Part, ...]
    excluded: dict[str, int]
    seconds: dict[str, float]
    problems: tuple[str, ...]
    was_there: bool = False


class StageTimes:
    """What each stage took of this process, seconds of a processor."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)

    @contextlib.contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Everything within is of that stage."""
        begun_s = time.process_time()
        try:
            yield
        finally:
            self.seconds[stage] += time.process_time() - begun_s

    def move(self, seconds: float, stage: str, to: str) -> None:
        """What a thread of another stage took meanwhile."""
        self.seconds[stage] -= seconds
        self.seconds[to] += seconds


def feature_follower(tick_points: float) -> Follower:
    """What a Session follows levels with."""
    from spymaster.features.follower import FeatureFollower

    return FeatureFollower(tick_points)


def build_run(
    request: RunRequest, folder: Path, settings: Settings, follower_of: FollowerOf = feature_follower
) -> RunRecord:
    """Write the parts of a run below the set's folder, unless that was done under the same settings before.

    Raises UserError where the recording cannot be used, and OSError where the disk refuses.
    """
    try:
        source, sha256 = open_run(request)
    except SourceError as error:
        if not request.is_one_of_many:
            raise
        return _without_contract(request, settings, error)
    name = source_name(request.title, sha256)
    known = _done_before(folder, name, sha256, settings)
    if known is not None:
        source.close()
        return known
    times = StageTimes()
    config = source.config_frame()
    told = Told(name, config, feature_names(), settings.all_hours)
    gathered, prices = _lived(source, config, follower_of, times)
    parts: tuple[Part, ...] = ()
    if gathered is None or prices.is_empty:
        excluded = {NO_SNAP if gathered is None else NO_DEPTH: 1}
    else:
        parts, excluded = _written(folder, gathered, prices, told, times)
    record = RunRecord(
        name=name,
        sha256=sha256,
        simulated=request.simulated,
        profile=config.profile,
        settings=settings,
        schema=SCHEMA,
        parts=parts,
        excluded=excluded,
        seconds=times.seconds,
        problems=source.problems,
    )
    write_whole(_record_path(folder, name), msgspec.json.encode(record))
    return record


def _without_contract(request: RunRequest, settings: Settings, error: SourceError) -> RunRecord:
    """A trade date on which other contracts than the one asked for were recorded: counted, and said why."""
    title = f"{request.title} {request.plan.date}"
    sha256 = hashlib.sha256(title.encode()).hexdigest()
    return RunRecord(
        name=source_name(title, sha256),
        sha256=sha256,
        simulated=request.simulated,
        profile=request.plan.profile.name,
        settings=settings,
        schema=SCHEMA,
        parts=(),
        excluded={NO_CONTRACT: 1},
        seconds=dict.fromkeys(STAGES, 0.0),
        problems=(str(error),),
    )


def _lived(
    source: RecordedSource, config: ConfigFrame, follower_of: FollowerOf, times: StageTimes
) -> tuple[Gathered | None, EventPrices]:
    prices = EventPrices(microprice_of)
    sink = DecisionSink(follower_of(config.instrument.tick_e9 / PRICE_SCALE))
    with times.of(REPLAY):
        drive(source, Engine(snaps_per_block=_SNAPS_PER_BLOCK), [sink], tap=prices, at_change=sink.at_change)
    times.move(sink.cpu_s, REPLAY, FOLLOW)
    return sink.gathered(), prices


def _written(
    folder: Path, gathered: Gathered, prices: EventPrices, told: Told, times: StageTimes
) -> tuple[tuple[Part, ...], dict[str, int]]:
    with times.of(LABEL):
        labelled = labels_of_decisions(gathered, prices.path(gathered.holes, gathered.last_ns), told.config)
    with times.of(FILTER):
        rows = rows_of_run(gathered, labelled, told)
        dates = rows.columns.pop("date")
        columns = in_order(rows.columns)
    parts = []
    with times.of(WRITE):
        for date in np.unique(dates).tolist():
            of_day = {column: values[dates == date] for column, values in columns.items()}
            parts.append(write_part(folder, date, told.source, of_day))
    return tuple(parts), rows.excluded


def _record_path(folder: Path, name: str) -> Path:
    return folder / BUILDING / f"{name}.json"


def _done_before(folder: Path, name: str, sha256: str, settings: Settings) -> RunRecord | None:
    """What is known of a run that is done; None where it is not, or was done otherwise, or a part is not as it was."""
    try:
        record = msgspec.json.decode(_record_path(folder, name).read_bytes(), type=RunRecord)
        for part in record.parts:
            check_part(folder, part)
    except (FileNotFoundError, msgspec.DecodeError, UserError):
        return None
    same = (record.sha256, record.settings, record.schema) == (sha256, settings, SCHEMA)
    return msgspec.structs.replace(record, was_there=True) if same else None
