"""One simulated recording, replayed and held against its truth."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

import spymaster
from spymaster.evaluate.agreement import Truth, found_episodes
from spymaster.evaluate.agreement_truth import future_per_equity, load_truth
from spymaster.evaluate.mid_path import MidPath
from spymaster.evaluate.near_states import LEVEL, TRUE, count_states
from spymaster.evaluate.signal_outcomes import (
    always_reject,
    count_base,
    distance_rule,
    judge_alerts,
    judge_episodes,
)
from spymaster.evaluate.watch import JUDGED, Watch
from spymaster.evaluate.worlds.world_record import (
    ALWAYS,
    DISTANCE,
    ENGINE,
    NAIVE,
    DelayRecord,
    OracleRecord,
    WorldRecord,
)
from spymaster.market.kernels.sources import kernel_source_hash
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE
from spymaster.market.manifest import load_manifest
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_source
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.level_kinds import LevelKind
from spymaster.sim.truth.files import read_truth
from spymaster.sim.truth.passed import SILENT
from spymaster.sim.truth.schema import FOLDER

Rows = NDArray[Any]
NS_PER_HOUR: Final = 3600 * NS_PER_S


class About(msgspec.Struct, frozen=True):
    """What is known of a recording beforehand; ``simulate_s``, ``processor_s``: what making it took."""

    name: str
    market: str
    seed: int = 0
    has_options: bool = False
    is_fast: bool = False
    simulate_s: float = 0.0
    processor_s: float = 0.0


def source_hash() -> str:
    """Hash of the sources that simulate, compute and score: a record made by others says nothing about these."""
    root = Path(spymaster.__file__).parent
    digest = hashlib.sha256(kernel_source_hash(root).encode())
    for path in sorted((root / "evaluate").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def judge_recording(
    folder: Path, plan: ReplayPlan, about: About, *, with_naive: bool = True, tell: bool = True
) -> WorldRecord:
    """Replay a recording once, or a second time with plain absolute thresholds, and score it. Raises UserError.

    ``tell``: whether to say on stderr how far a replay has come.
    """
    manifest = load_manifest(folder)
    truth = load_truth(folder, manifest.start_ns, manifest.end_ns)
    ratio = future_per_equity(folder, plan.profile.name)
    # a level's dollars are rounded to the cent, which is less than half a tick of the future
    ticks = [round(level.price_e9 * ratio / TICK_E9) for level in plan.user_levels]
    began_s, processor_s = time.perf_counter(), time.process_time()
    length_ns = truth.length_ns if tell else 0
    watch = _replayed(plan, ticks, ratio, about.name, length_ns)
    naive = _replayed(_naive(plan), ticks, ratio, f"{about.name} naive", length_ns) if with_naive else None
    replayed_s = time.perf_counter()
    profile = plan.profile
    path = MidPath(_touch(folder), tau_s=profile.sigma_tau, floor=profile.sigma_floor)
    levels, true = _levels(truth), _true(folder)
    watched = sorted(set(ticks))
    raised = {
        ENGINE: _own(watch.raised()),
        DISTANCE: distance_rule(path, watched),
        ALWAYS: always_reject(path, watched),
    }
    naive_states = None
    if naive is not None:
        raised[NAIVE] = _own(naive.raised())
        naive_states = count_states(path, levels, true, naive.said())
    elsewhere = watch.raised()
    return WorldRecord(
        engine=source_hash(),
        name=about.name,
        market=about.market,
        seed=about.seed,
        profile=profile.name,
        has_options=about.has_options,
        is_fast=about.is_fast,
        hours=truth.length_ns / NS_PER_HOUR,
        records=manifest.records,
        levels=len(watched),
        planted={kind.name: int(np.count_nonzero(levels["kind"] == kind)) for kind in LevelKind},
        states=count_states(path, levels, true, watch.said()),
        naive_states=naive_states,
        delays=_delays(truth, watch),
        raised={rule: _counts(rows) for rule, rows in raised.items()},
        raised_elsewhere=_counts(elsewhere[elsewhere["watched"] == 0]),
        alerts={rule: judge_alerts(path, rows, levels, truth.episodes) for rule, rows in raised.items()},
        episodes=judge_episodes(path, raised, levels, truth.episodes),
        base=count_base(path, watched),
        oracle=_oracle(folder),
        tells_beyond=tells_beyond(folder),
        seconds={
            "simulate": round(about.simulate_s, 2),
            "replay": round(replayed_s - began_s, 2),
            "score": round(time.perf_counter() - replayed_s, 2),
            "processor": round(about.processor_s + time.process_time() - processor_s, 2),
        },
    )


def _replayed(plan: ReplayPlan, ticks: list[int], ratio: float, name: str, length_ns: int) -> Watch:
    """What the engine says; ``length_ns``: of the recording, 0 to say nothing of the progress."""
    watch = Watch(ticks, ratio * PRICE_SCALE)
    source = open_source(plan)
    progress = Progress(sys.stderr, name)

    def show(_: Engine) -> None:
        progress.show((watch.last_snap_ns - source.first_ns) / length_ns, f"{watch.snaps} snaps")

    try:
        drive(source, Engine(), [watch], after_frame=show if length_ns else None)
    finally:
        progress.close()
    return watch


def _naive(plan: ReplayPlan) -> ReplayPlan:
    profile = msgspec.structs.replace(plan.profile, absolute_thresholds=True)
    return msgspec.structs.replace(plan, profile=profile, as_recorded=False)


def _own(raised: Rows) -> Rows:
    own: Rows = raised[raised["watched"] == 1]
    return own


def _counts(raised: Rows) -> dict[str, int]:
    return {signal.name: int(np.count_nonzero(raised["signal"] == signal)) for signal in JUDGED}


def _touch(folder: Path) -> Rows:
    table = read_truth(folder, "touch")
    rows = np.zeros(table.num_rows, [("ts_bucket_ns", "<i8"), ("bid", "<i8"), ("ask", "<i8")])
    for name in rows.dtype.names or ():
        rows[name] = table[name].to_numpy()
    return rows


def _levels(truth: Truth) -> Rows:
    rows = np.zeros(len(truth.levels), LEVEL)
    for name in ("level", "kind", "side"):
        rows[name] = truth.levels[name]
    rows["tick"] = truth.levels["price_e9"] // TICK_E9
    return rows


def _true(folder: Path) -> Rows:
    """The truth of both sides of all planted prices; the other side's rows have the side opposite to the level's."""
    levels = read_truth(folder, "levels")
    side_of = np.zeros(max(levels["level"].to_pylist(), default=-1) + 1, np.int64)
    side_of[levels["level"].to_numpy()] = levels["side"].to_numpy()
    parts = [np.zeros(0, TRUE)]
    for name, is_other in (("states", False), ("other_side", True)):
        if is_other and not tells_beyond(folder):
            continue
        table = read_truth(folder, name)
        rows = np.zeros(table.num_rows, TRUE)
        rows["passed_state"] = SILENT
        for column in set(TRUE.names or ()) & set(table.column_names):
            rows[column] = table[column].to_numpy()
        own = side_of[rows["level"]]
        rows["side"] = 1 - own if is_other else own
        parts.append(rows)
    return np.concatenate(parts)


def tells_beyond(folder: Path) -> bool:
    """Whether a recording's truth says what is true beyond levels and on their other sides; older ones do not."""
    return (folder / FOLDER / "other_side.parquet").is_file()


def _delays(truth: Truth, watch: Watch) -> list[DelayRecord]:
    said = watch.said()
    found = []
    for level in truth.levels:
        states = truth.states[truth.states["level"] == level["level"]]
        episodes = truth.episodes[truth.episodes["level"] == level["level"]]
        own = said[said["tick"] * TICK_E9 == level["price_e9"]]
        found += [
            DelayRecord(
                one.kind.name,
                None if one.delay_ns is None else one.delay_ns / NS_PER_S,
                None if one.after_fill_ns is None else one.after_fill_ns / NS_PER_S,
                one.visible,
                one.true,
                one.already,
                one.hit,
            )
            for one in found_episodes(level, states, own, episodes)
        ]
    return found


def _oracle(folder: Path) -> list[OracleRecord]:
    if not (folder / FOLDER / "oracle.parquet").is_file():
        return []
    levels = {row["level"]: row for row in read_truth(folder, "levels").to_pylist()}
    found = []
    for row in read_truth(folder, "oracle").to_pylist():
        level = levels[row["level"]]
        if level["outcome"] in ("BREAK", "BOUNCE"):
            decided = row["p_break"] + row["p_bounce"]
            p_break = row["p_break"] / decided if decided > 0 else 0.5
            found.append(OracleRecord(level["kind"], round(p_break, 6), level["outcome"] == "BREAK"))
    return found
