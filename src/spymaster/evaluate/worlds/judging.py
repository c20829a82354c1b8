"""Many random worlds: each simulated into a folder of its own, replayed, scored, and forgotten but for its figures."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.evaluate.worlds.judge_recording import About, judge_recording, source_hash
from spymaster.evaluate.worlds.world_record import WorldRecord
from spymaster.evaluate.worlds.world_recording import MARKETS, write_world
from spymaster.session.sources.replay_source import ReplayPlan

PlanOf = Callable[[Path], ReplayPlan]
"""How a recording is to be replayed. With several jobs it must be a function of a module, or a partial of one."""
Tell = Callable[[int, int, float], None]
"""Told how many worlds are done, of how many, and the seconds since the first began."""
_RECORDINGS: Final = "recordings"


class WorldTask(msgspec.Struct, frozen=True, kw_only=True):
    """A world to judge. ``out``: where its record is kept; None to keep none. ``keep``: its recording too, there."""

    market: str
    seed: int
    minutes: float
    out: Path | None = None
    keep: bool = False
    with_naive: bool = True
    oracle_moments: int = 0

    @property
    def name(self) -> str:
        """What its files are named by."""
        return f"{self.market}-{self.seed}-{self.minutes:g}m"

    @property
    def record(self) -> Path | None:
        """Where its record is kept."""
        return None if self.out is None else self.out / f"{self.name}.json"


def tasks_of(
    seeds: Sequence[int],
    markets: Sequence[str] = MARKETS,
    *,
    minutes: float = 60.0,
    out: Path | None = None,
    keep: bool = False,
    with_naive: bool = True,
    oracle_moments: int = 0,
) -> list[WorldTask]:
    """Each world in each market, market by market within a world, so that an unfinished run is one of both."""
    return [
        WorldTask(
            market=market,
            seed=seed,
            minutes=minutes,
            out=out,
            keep=keep,
            with_naive=with_naive,
            oracle_moments=oracle_moments,
        )
        for seed in seeds
        for market in markets
    ]


def judge_worlds(
    tasks: Sequence[WorldTask], plan_of: PlanOf, *, jobs: int = 1, tell: Tell | None = None
) -> list[WorldRecord]:
    """The record of each world, in the order of the tasks.

    A record found in its place is taken as it is when the same sources made it, so that an interrupted run goes on.
    Raises UserError, and OSError where the disk refuses.
    """
    began_s = time.monotonic()
    found: dict[int, WorldRecord] = {}
    for place, record in _all(tasks, plan_of, jobs):
        found[place] = record
        if tell is not None:
            tell(len(found), len(tasks), time.monotonic() - began_s)
    return [found[place] for place in range(len(tasks))]


def _all(tasks: Sequence[WorldTask], plan_of: PlanOf, jobs: int) -> Iterator[tuple[int, WorldRecord]]:
    engine = source_hash()
    left = []
    for place, task in enumerate(tasks):
        kept = _kept(task, engine)
        if kept is None:
            left.append((place, task))
        else:
            yield place, kept
    work = partial(judge_world, plan_of=plan_of)
    if jobs == 1 or len(left) < 2:
        for place, task in left:
            yield place, work(task)
        return
    # fresh processes: forked ones would inherit the kernels' threads
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_finish_what_is_begun) as pool:
        places = {pool.submit(work, task): place for place, task in left}
        try:
            for done in as_completed(places):
                yield places[done], done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _finish_what_is_begun() -> None:
    """At Ctrl-C the run ends once the worlds under way are judged and kept: the parent begins no others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _kept(task: WorldTask, engine: str) -> WorldRecord | None:
    """The record of an earlier run by the same sources."""
    if task.record is None or not task.record.is_file():
        return None
    try:
        record = msgspec.json.decode(task.record.read_bytes(), type=WorldRecord)
    except msgspec.DecodeError:
        return None
    asked = record.naive_states is not None or not task.with_naive
    return record if record.engine == engine and asked else None


def judge_world(task: WorldTask, plan_of: PlanOf) -> WorldRecord:
    """Simulate a world, replay it and score it; what is written down on the way is deleted unless it is to be kept."""
    if task.out is not None:
        task.out.mkdir(parents=True, exist_ok=True)
    if task.keep and task.out is not None:
        folder = task.out / _RECORDINGS / task.name
        shutil.rmtree(folder, ignore_errors=True)
        record = _judged(task, folder, plan_of)
    else:
        with tempfile.TemporaryDirectory(prefix="spymaster-world-") as temporary:
            record = _judged(task, Path(temporary) / task.name, plan_of)
    if task.record is not None:
        write_whole(task.record, msgspec.json.encode(record))
    return record


def _judged(task: WorldTask, folder: Path, plan_of: PlanOf) -> WorldRecord:
    began_s, processor_s = time.perf_counter(), time.process_time()
    world = write_world(folder, task.market, task.seed, task.minutes, oracle_moments=task.oracle_moments)
    about = About(
        name=task.name,
        market=task.market,
        seed=task.seed,
        has_options=world.has_options,
        is_fast=world.is_fast,
        simulate_s=time.perf_counter() - began_s,
        processor_s=time.process_time() - processor_s,
    )
    return judge_recording(folder, plan_of(folder), about, with_naive=task.with_naive, tell=False)
