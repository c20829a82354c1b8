"""What a data set is built from: one run after another, each with a name and a hash that no machine's paths are in."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from spymaster.feeds.choice.discover import discover
from spymaster.journal.format import segment_path, segments_in
from spymaster.lake.catalog import BRONZE, Lake, LakeRun
from spymaster.lake.storage.opening import open_storage
from spymaster.learn.dataset.parts import file_sha256
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.session.sources.forms import Form, form_of, journal_in, open_source
from spymaster.session.sources.recorded import RecordedSource
from spymaster.session.sources.recorded_order import bronze_in_recorded_order
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.session.sources.trade_day import day_ns

_ODD: Final = re.compile(r"[^A-Za-z0-9.]+")
_SHOWN: Final = 8


class RunRequest(msgspec.Struct, frozen=True):
    """One run to make rows of. ``title``: what people call it; ``run_id``: of a lake's run, empty otherwise;
    ``is_one_of_many``: a trade date of files of many, which need not hold the contract on each."""

    title: str
    plan: ReplayPlan
    simulated: bool
    run_id: str = ""
    is_one_of_many: bool = False


def runs_of(title: str, plan: ReplayPlan, *, simulated: bool) -> Iterator[RunRequest]:
    """The runs that a plan's sources hold: all of a lake; of files one for each trade date; of a journal the one.

    Raises SourceError, JournalError or LakeError.
    """
    form = form_of(plan.sources)
    if form is Form.LAKE:
        lake = Lake(open_storage(plan.sources[0]))
        lake.check_there_is_one()
        for run in lake.runs:
            yield RunRequest(run.run.id, plan, run.manifest.simulated, run.run.id)
        return
    dates = _trade_dates(plan) if form is Form.FILES else []
    if len(dates) < 2:
        yield RunRequest(title, plan, simulated)
        return
    for date in dates:
        yield RunRequest(title, msgspec.structs.replace(plan, date=date), simulated, is_one_of_many=True)


def open_run(request: RunRequest) -> tuple[RecordedSource, str]:
    """Its source, opened, and the SHA-256 of all that was recorded and of the CONFIG it is lived under.

    Raises SourceError, JournalError or LakeError.
    """
    plan = request.plan
    if request.run_id:
        lake = Lake(open_storage(plan.sources[0]))
        run = lake.run(request.run_id)
        source: RecordedSource = bronze_in_recorded_order(lake, run, plan)
        recorded = _of_lake(run)
    else:
        source = open_source(plan)
        recorded = _of_paths(_files(plan))
    digest = hashlib.sha256(f"{plan.date} {plan.in_vendor_order}\n".encode())
    for line in recorded:
        digest.update(f"{line}\n".encode())
    digest.update(_config_bytes(source.config_frame()))
    return source, digest.hexdigest()


def source_name(title: str, sha256: str) -> str:
    """What rows of a run are named after, in paths and ids: its title in letters and digits, and what it is."""
    plain = _ODD.sub("-", title).strip("-.") or "run"
    return f"{plain}-{sha256[:_SHOWN]}"


def _config_bytes(config: ConfigFrame) -> bytes:
    return msgspec.msgpack.encode(config)


def _of_lake(run: LakeRun) -> list[str]:
    """As its manifest names them: a file that is another one is found by ``lake verify``."""
    return sorted(f"{file.path} {file.sha256}" for file in run.files(BRONZE))


def _of_paths(files: Iterable[Path]) -> list[str]:
    """By name and content; where they stand does not count."""
    return sorted(f"{path.name} {file_sha256(path)}" for path in files)


def _files(plan: ReplayPlan) -> list[Path]:
    if form_of(plan.sources) is Form.FILES:
        found = [file.path for file in discover(plan.sources).files]
        return [*found, *(path for path in (*plan.warmup, *plan.equity_warmup) if path.is_file())]
    folder = journal_in(plan.sources[0])
    assert folder is not None
    return [segment_path(folder, number) for number in segments_in(folder)]


def _trade_dates(plan: ReplayPlan) -> list[int]:
    """Those that depth files may hold records of, yyyymmdd: a day without any gives a run without rows."""
    found = set()
    for file in discover(plan.sources).files:
        if file.kind is not Kind.MBP10:
            continue
        begin_ns = file.first_ns or file.header.start_ns
        day = dt.datetime.fromtimestamp(begin_ns / NS_PER_S, dt.UTC).date() - dt.timedelta(days=1)
        while (span := day_ns(number := day.year * 10_000 + day.month * 100 + day.day))[0] <= file.end_ns:
            if span[1] > begin_ns:
                found.add(number)
            day += dt.timedelta(days=1)
    return sorted(found)
