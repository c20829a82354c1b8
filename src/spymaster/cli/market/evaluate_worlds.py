"""``evaluate states`` and ``evaluate signals``: over simulated recordings, or over random worlds made for it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from spymaster.cli.market.evaluate_record import print_report, report_of_sources
from spymaster.cli.market.evaluate_states import states_of_recordings
from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.agreement_report import report_text
from spymaster.evaluate.what_ifs import rates_text
from spymaster.evaluate.worlds.judge_recording import About, judge_recording
from spymaster.evaluate.worlds.judging import judge_worlds, tasks_of
from spymaster.evaluate.worlds.world_record import WorldRecord
from spymaster.evaluate.worlds.world_recording import MARKETS
from spymaster.evaluate.worlds.worlds_report import WorldsReport, worlds_report, worlds_text
from spymaster.market.manifest import load_manifest
from spymaster.session.progress import Progress
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.sim.truth.files import has_truth
from spymaster.sim.worlds import tuning_worlds, worlds_of

What = Literal["states", "signals"]
_BOTH: Final = "both"
_OPTIONS: Final = "options"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says: recordings, or ``worlds`` and what belongs to them."""

    sources: tuple[Path, ...]
    config: Path | None
    as_json: bool
    worlds: int
    seeds_from: str | None
    market: str
    minutes: float
    jobs: int
    out: Path | None
    keep: bool
    naive: bool
    oracle: int


def run_states(asked: Asked) -> None:
    """Print how states agree with the truth at every snap near a level.

    Of recordings also at those snaps alone at which the engine judges the planted side, by the tree's truth, and how
    often signals are raised with different fuel. Raises UserError.
    """
    near = _report("states", asked)
    if asked.worlds:
        _print(msgspec.to_builtins(near), worlds_text(near), asked.as_json)
        return
    report, rates = states_of_recordings(asked.sources, asked.config)
    whole = msgspec.to_builtins(report) | {"raised_per_hour_by_fuel": rates, "near": msgspec.to_builtins(near)}
    _print(whole, "\n\n".join([report_text(report), rates_text(rates), worlds_text(near)]), asked.as_json)


def run_signals(asked: Asked) -> None:
    """Print what signals planted mechanisms raise and what became of them. Of sources without a truth, what price did
    after signals, sweeps, large orders and tests of levels. Raises UserError."""
    if asked.sources and not asked.worlds and not all(map(has_truth, asked.sources)):
        print_report(report_of_sources(asked.sources, asked.config), asked.as_json)
        return
    report = _report("signals", asked)
    _print(msgspec.to_builtins(report), worlds_text(report), asked.as_json)


def plan_of(folder: Path, config: Path | None) -> ReplayPlan:
    """How a recording is replayed. Raises UserError."""
    return prepare(Request(sources=(folder,), config=config, profile=None, symbol=None)).plan


def _print(whole: Any, text: str, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(text)


def _report(what: What, asked: Asked) -> WorldsReport:
    """Recordings, each taken for a world of its own, or random worlds. Raises UserError for both or neither."""
    if bool(asked.sources) == bool(asked.worlds):
        problem = "recordings and --worlds are both given" if asked.worlds else "there is nothing to judge"
        raise UserError("evaluate", problem, "name simulated recordings, or give --worlds N", code=ExitCode.USAGE)
    if asked.worlds:
        return _of_worlds(what, asked)
    records = [_of_recording(folder, asked.config, asked.naive) for folder in asked.sources]
    return worlds_report(what, records, "recordings as given")


def _of_recording(folder: Path, config: Path | None, naive: bool) -> WorldRecord:
    manifest = load_manifest(folder)
    # a world's name is what tells recordings apart; folders of one name are told apart by their paths
    about = About(
        name=str(folder),
        market="second" if manifest.generator == "second" else "first",
        seed=manifest.seed or 0,
        has_options=_OPTIONS in (manifest.plan or "").split(),
    )
    return judge_recording(folder, plan_of(folder, config), about, with_naive=naive)


def _of_worlds(what: What, asked: Asked) -> WorldsReport:
    markets = MARKETS if asked.market == _BOTH else (asked.market,)
    if not set(markets) <= set(MARKETS):
        remedy = f"there are {', '.join(MARKETS)} and {_BOTH}"
        raise UserError(f"--market {asked.market}", "there is no such market", remedy, code=ExitCode.USAGE)
    seeds = tuning_worlds(asked.worlds) if asked.seeds_from is None else worlds_of(asked.seeds_from, asked.worlds)
    tasks = tasks_of(
        seeds,
        markets,
        minutes=asked.minutes,
        out=asked.out,
        keep=asked.keep,
        with_naive=asked.naive,
        oracle_moments=asked.oracle,
    )
    progress = Progress(sys.stderr, "worlds")

    def tell(done: int, of: int, seconds: float) -> None:
        progress.show(done / of, f"{done} of {of}, {seconds:.0f} s")

    try:
        records = judge_worlds(tasks, partial(plan_of, config=asked.config), jobs=asked.jobs, tell=tell)
    finally:
        progress.close()
    words = "tuning worlds" if asked.seeds_from is None else f"worlds of {asked.seeds_from}, used in no tuning"
    return worlds_report(what, records, words)
