"""A plan run by one worker and by two, and the same days replayed plainly in this process, in turn."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from spymaster.bench.engine import replay_seconds
from spymaster.config.loader import load_config
from spymaster.research.item import Item
from spymaster.research.local_pool import LocalPool, Watching
from spymaster.research.plan import read_plan
from spymaster.research.run import run_plan
from spymaster.session.sources.replay_source import ReplayPlan

DAYS: Final = 60
"""Passes over the file, each under a configuration of its own, since a plan computes nothing twice."""


class RunFigures(NamedTuple):
    """``cpu_s``: of the passes over days; ``all_cpu_s``: of the workers, their start included; ``wall_s``: likewise."""

    cpu_s: float
    all_cpu_s: float
    wall_s: float


class ResearchFigures(NamedTuple):
    """``plain_cpu_s``: of as many plain replays."""

    plain_cpu_s: float
    one: RunFigures
    two: RunFigures


def research_figures(file: Path, days: int = DAYS) -> ResearchFigures:
    """Measure once, each after the other."""
    plain = ReplayPlan((file,), load_config().profile("es"))
    replay_seconds(plain)
    before_s = time.process_time()
    for _ in range(days):
        replay_seconds(plain)
    return ResearchFigures(time.process_time() - before_s, _run(file, 1, days), _run(file, 2, days))


def _run(file: Path, workers: int, days: int) -> RunFigures:
    cpu = _Cpu()
    with tempfile.TemporaryDirectory(prefix="spymaster-bench-") as folder:
        path = Path(folder) / "plan.toml"
        gains = "".join(
            f"[configurations.c{n}.profile.es]\nscore_velocity_gain = {25 + n / 100}\n" for n in range(days)
        )
        path.write_text(f'sources = ["{file}"]\nsteps = ["replay"]\nprofile = "es"\n{gains}', encoding="utf-8")
        plan = read_plan(path)
        before_s, began_s = _of_children(), time.perf_counter()
        report = run_plan(plan, _Told(LocalPool(workers), cpu), lambda share, words: None, print, lambda: None)
        assert report.is_whole, report.entries
        return RunFigures(cpu.seconds, _of_children() - before_s, time.perf_counter() - began_s)


class _Cpu(Watching):
    """Adds up what passes took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def on_done(self, item: Item, cpu_s: float) -> None:
        self.seconds += cpu_s


class _Told:
    """A pool whose words go to somebody else."""

    def __init__(self, pool: LocalPool, told: Watching) -> None:
        self._pool, self._told = pool, told

    def run(self, items: Sequence[Item], watching: Watching) -> None:
        self._pool.run(items, self._told)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
