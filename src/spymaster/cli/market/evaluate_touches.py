"""``evaluate touches``: models beside the best that could be known, at first touches of random worlds."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import msgspec

from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.worlds.touch_chances import WorldTask, touch_report, touch_text, touches_of_world
from spymaster.models.break_model import BreakScorer, shipped_model
from spymaster.models.head_model import HeadModel
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_source
from spymaster.session.sources.recorded import RecordedSource
from spymaster.sim.worlds import tuning_worlds, worlds_of


def run_touches(
    model: Path, config: Path | None, *, worlds: int, seeds_from: str, minutes: float, moments: int, as_json: bool
) -> None:
    """Print how near models come to the market's own futures. Raises UserError."""
    heads = HeadModel.load(model)
    seeds = worlds_of(seeds_from, worlds) if seeds_from else tuning_worlds(worlds)
    told = []
    progress = Progress(sys.stderr, "evaluate touches")
    try:
        for number, seed in enumerate(seeds):
            progress.show(number / len(seeds), f"world {number + 1} of {len(seeds)}")
            task = WorldTask(seed, minutes, moments)
            told.append(touches_of_world(task, partial(_opened, config), heads, BreakScorer(shipped_model())))
    finally:
        progress.close()
    report = touch_report(told, seeds_from)
    if not report.touches:
        problem = "nothing was said of any first touch"
        raise UserError("evaluate touches", problem, "ask for more worlds, or longer ones", code=ExitCode.DATA)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(touch_text(report))


def _opened(config: Path | None, folder: Path) -> RecordedSource:
    return open_source(prepare(Request(sources=(folder,), config=config, profile=None, symbol=None)).plan)
