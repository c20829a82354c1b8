"""What the ``predictions`` commands do: read a lake's predictions, hold them against each other, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import half_done
from spymaster.config.loader import load_config
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.record.settle import BlindSpans, settled
from spymaster.features.horizons import HORIZONS_S
from spymaster.lake.catalog import Lake
from spymaster.lake.predictions import RunPredictions, outcomes_in, predictions_of, put_outcomes
from spymaster.lake.storage.opening import open_storage
from spymaster.learn.break_rows import MidSink
from spymaster.ledger.predictions.chain import ChainReader
from spymaster.ledger.predictions.entries import Outcomes
from spymaster.ledger.predictions.reliability import Group, Reliability, grouped, models_of, reliability
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.sources.recorded_order import bronze_in_recorded_order
from spymaster.session.sources.replay_source import ReplayPlan

_SNAPS_PER_BLOCK: Final = 64
_SHORT: Final = 12


class Verdict(msgspec.Struct, frozen=True):
    """Of one file: how far it holds together, and what is wrong behind that (empty: nothing). ``sealed``: whether a
    run's manifest says how many lines there have to be."""

    place: str
    lines: int
    said: int
    root: str
    is_ended: bool
    sealed: bool
    problem: str = ""


class GroupReport(msgspec.Struct, frozen=True):
    """A group, the model by name and data set, and its record."""

    group: Group
    name: str
    data_set: str
    record: Reliability


def run_verify(config_path: Path | None, place: str | None, run_id: str | None, as_json: bool) -> int:
    """Print what holds and what does not, a line each; returns the exit code. Raises UserError."""
    file = Path(place) if place is not None else None
    if file is not None and file.is_file():
        verdicts = [_of_file(file)]
    else:
        lake = _opened(config_path, place)[1]
        verdicts = [_of_run(lake, one) for one in _runs(lake, run_id)]
    damaged = sum(bool(verdict.problem) for verdict in verdicts)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"damaged": damaged, "files": verdicts}), indent=2).decode())
    for verdict in () if as_json else verdicts:
        print(_line(verdict), file=sys.stdout if verdict.problem else sys.stderr)
    print(f"{len(verdicts)} files of predictions: {f'{damaged} damaged' if damaged else 'sound'}", file=sys.stderr)
    return ExitCode.DATA if damaged else os.EX_OK


def run_settle(config_path: Path | None, root: str | None, run_id: str | None) -> int:
    """Write a file of outcomes for each run whose predictions hold; returns the exit code. Raises UserError."""
    config, lake = _opened(config_path, root)
    runs = _runs(lake, run_id)
    left_out = 0
    with half_done(f"{lake.storage.name}: not every run is settled; run predictions settle again"):
        for one in runs:
            if one.problem:
                left_out += 1
                print(f"{lake.storage.url(one.seal.path)}: {one.problem}; not settled", file=sys.stderr)
                continue
            outcomes = _settled(config, lake, one)
            name = put_outcomes(lake.storage, outcomes)
            print(f"{lake.storage.url(name)}: {len(outcomes.settled)} decisions", file=sys.stderr)
    return ExitCode.DATA if left_out else os.EX_OK


def run_report(config_path: Path | None, root: str | None, horizon_s: int, as_json: bool) -> None:
    """Print the record. Raises UserError."""
    if horizon_s not in HORIZONS_S:
        remedy = f"there are {', '.join(map(str, HORIZONS_S))}"
        raise UserError(f"--horizon {horizon_s}", "there is no such horizon", remedy, code=ExitCode.USAGE)
    lake = _opened(config_path, root)[1]
    runs = _still_true(lake)
    if not runs:
        problem = "holds no outcomes of predictions"
        remedy = "settle them with 'spymaster-tui predictions settle'"
        raise UserError(lake.storage.name, problem, remedy, code=ExitCode.DATA)
    models = models_of(runs)
    reports = [
        GroupReport(
            group, models[group.model].name, models[group.model].data_set, reliability(rows, HORIZONS_S, horizon_s)
        )
        for group, rows in grouped(runs).items()
    ]
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(reports), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print("\n\n".join(_text(report) for report in reports) or "no decision was settled")


def _opened(config_path: Path | None, root: str | None) -> tuple[Config, Lake]:
    config = load_config(config_path)
    where = root or config.lake.path
    if not where:
        remedy = "give its root, or set [lake] path in the configuration"
        raise UserError("lake", "none was named", remedy, code=ExitCode.USAGE)
    lake = Lake(open_storage(where, s3_endpoint=config.lake.s3_endpoint))
    lake.check_there_is_one()
    return config, lake


def _runs(lake: Lake, run_id: str | None) -> list[RunPredictions]:
    """Those asked for. Raises UserError where no model spoke in any."""
    found = [one for one in predictions_of(lake) if run_id is None or one.run.run.id.startswith(run_id)]
    if not found:
        which = "in it" if run_id is None else f"in a run called {run_id}"
        problem, remedy = f"no model said anything {which}", 'record with [scoring] mode = "shadow" or "screen"'
        raise UserError(lake.storage.name, problem, remedy, code=ExitCode.DATA)
    return found


def _of_file(path: Path) -> Verdict:
    """A file by itself: its chain, and nothing that says how long it has to be."""
    reader = ChainReader(path.read_bytes())
    for _ in reader.entries():
        pass
    chain = reader.chain
    problem = f"line {chain.place} {chain.problem}" if chain.problem else "" if chain.lines else "holds nothing"
    return Verdict(str(path), chain.lines, chain.said, chain.root, chain.is_ended, False, problem)


def _of_run(lake: Lake, one: RunPredictions) -> Verdict:
    chain = one.chain
    place = lake.storage.url(one.seal.path)
    return Verdict(place, chain.lines, chain.said, chain.root, chain.is_ended, True, one.problem)


def _line(verdict: Verdict) -> str:
    if verdict.problem:
        return f"{verdict.place}: {verdict.problem}; {verdict.lines} lines before it hold"
    ended = "" if verdict.is_ended else ", the run did not end as it should"
    sealed = "" if verdict.sealed else ", no manifest says whether more followed"
    return f"{verdict.place}: {verdict.said:,} predictions hold, root {verdict.root}{ended}{sealed}"


def _settled(config: Config, lake: Lake, one: RunPredictions) -> Outcomes:
    plan = ReplayPlan(sources=(), profile=config.profile(one.run.manifest.profile), as_recorded=True)
    mids, blind = MidSink(), BlindSpans()
    drive(bronze_in_recorded_order(lake, one.run, plan), Engine(snaps_per_block=_SNAPS_PER_BLOCK), [blind], tap=mids)
    return settled(one.entries, mids.path(blind.spans, blind.last_snap_ns), one.chain.root)


def _still_true(lake: Lake) -> list[Outcomes]:
    """Outcomes that can be used; those of predictions that are other ones by now are left out and named."""
    runs, refused = outcomes_in(lake.storage)
    for error in refused:
        print(f"warning: {error}", file=sys.stderr)
    seals = {one.run.id: one.run.predictions for one in lake.runs}
    kept = []
    for outcomes in runs:
        seal = seals.get(outcomes.run)
        if seal is not None and (seal.root, seal.lines) != (outcomes.root, outcomes.lines):
            print(
                f"warning: run {outcomes.run}: its outcomes are of other predictions; settle it again", file=sys.stderr
            )
        else:
            kept.append(outcomes)
    return kept


def _text(report: GroupReport) -> str:
    group, record = report.group, report.record
    market = "SIMULATED market" if group.simulated else "real market"
    seen = "shown" if group.shown else "in shadow"
    head = f"{group.role} {report.name} ({group.model[:_SHORT]}…), {market}, {seen}, {group.stage}"
    base = "" if record.base is None else f", base {record.base:.0%}"
    lines = [
        head,
        f"  a break within {record.horizon_s} s: {record.n} decided, {record.open} not seen to the end{base}",
    ]
    lines += _rows(record)
    return "\n".join(lines)


def _rows(record: Reliability) -> Sequence[str]:
    lines = []
    for one in record.bins:
        if one.share is not None and one.interval is not None:
            low, high = one.interval
            came = f"{one.share:4.0%} [{low:.0%}-{high:.0%}], n {one.n}"
            lines.append(f"  said {one.low:4.0%} to {one.high:4.0%}: {came}")
    return lines
