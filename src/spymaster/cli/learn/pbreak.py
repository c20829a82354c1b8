"""``learn pbreak`` and ``evaluate p_break``: the model of breaks, made and measured."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.atomic_output import write_whole
from spymaster.cli.learn.runs import rows_of, rows_of_all
from spymaster.errors import ExitCode, UserError
from spymaster.labels.first_passage import Outcome
from spymaster.learn.break_fit import QUESTION, break_file, fit_break, out_of_fold
from spymaster.learn.break_report import break_report, report_text
from spymaster.learn.break_rows import BreakRows
from spymaster.learn.calibration import calibration
from spymaster.learn.world_sessions import MARKETS, data_set_id, pooled, world_sessions
from spymaster.market.manifest import load_manifest
from spymaster.models.break_model import BreakModel, chance, shipped_model
from spymaster.models.model_file import Card, read_model

_BROWNIAN: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What is learnt from or measured on. ``names``: of the sessions; ``groups``: of each, by its number."""

    rows: BreakRows
    names: tuple[str, ...]
    groups: Mapping[int, tuple[str, ...]]
    simulated: bool
    command: str


def run_learn(out: Path, data: Data) -> int:
    """Fit the model and write its file. Raises UserError."""
    rows = data.rows
    try:
        coefficients = fit_break(rows)
        told = out_of_fold(rows)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise UserError(out, str(error), "give more worlds, or longer ones", code=ExitCode.DATA) from None
    card = Card(
        name="P(break)",
        question=QUESTION,
        learnt_on=f"{len(data.names)} {'simulated ' if data.simulated else ''}sessions, {len(rows)} rows",
        made_by=data.command,
        simulated=data.simulated,
        rows=int(rows.resolved.sum()),
        measured=_measured(rows, told),
        not_measured=("on real markets",) if data.simulated else (),
    )
    packed = break_file(coefficients, data_set=data_set_id(data.names), card=card)
    try:
        write_whole(out, packed)
    except OSError as error:
        raise UserError(out, f"cannot be written ({error.strerror})", "name another file") from None
    print(f"{out}: {card.learnt_on}", file=sys.stderr)
    for line in card.measured:
        print(line, file=sys.stderr)
    return ExitCode.OK


def run_evaluate(data: Data, model: Path | None, seeds_from: str, as_json: bool) -> None:
    """Print what a model was worth. Raises UserError."""
    used = BreakModel(read_model(model), model) if model is not None else shipped_model()
    report = break_report(used, data.rows, data.groups, seeds_from=seeds_from, simulated=data.simulated)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(report_text(report))


def gathered(
    recordings: Sequence[Path],
    config: Path | None,
    *,
    worlds: int,
    seeds_from: str,
    minutes: float,
    market: str,
    jobs: int,
) -> Data:
    """The rows of recordings, or of so many simulated sessions of each market. Raises UserError."""
    if bool(recordings) == bool(worlds):
        remedy = "name recordings, or say how many with --worlds"
        raise UserError("--worlds", "either recordings or worlds are needed, and not both", remedy, code=ExitCode.USAGE)
    if recordings:
        return _of_recordings(recordings, config)
    if market not in (*MARKETS, "both"):
        remedy = f"there are {', '.join(MARKETS)}, and both"
        raise UserError(f"--market {market}", "there is no such market", remedy, code=ExitCode.USAGE)
    sessions = world_sessions(worlds, seeds_from, minutes, MARKETS if market == "both" else (market,))
    rows = pooled(list(rows_of_all(sessions, config, jobs)))
    origin = f" --seeds-from {seeds_from}" if seeds_from else ""
    command = f"spymaster-tui learn pbreak OUT --worlds {worlds}{origin} --minutes {minutes:g} --market {market}"
    groups = {number: session.groups for number, session in enumerate(sessions)}
    return Data(rows, tuple(session.name for session in sessions), groups, True, command)


def _of_recordings(recordings: Sequence[Path], config: Path | None) -> Data:
    manifests = [load_manifest(folder) for folder in recordings]
    rows = pooled([rows_of(folder, config) for folder in recordings])
    names = [f"{m.generator} {m.seed} {m.plan} {m.profile} {m.records}" for m in manifests]
    groups: dict[int, tuple[str, ...]] = {number: ("all", m.name) for number, m in enumerate(manifests)}
    command = "spymaster-tui learn pbreak OUT " + " ".join(m.name for m in manifests)
    return Data(rows, tuple(names), groups, any(m.simulated for m in manifests), command)


def _measured(rows: BreakRows, told: NDArray[np.float64]) -> tuple[str, ...]:
    """What the card says: by models that never saw the row's world."""
    known = rows.resolved & ~np.isnan(told)
    came = (rows.outcome[known] == Outcome.BREAK).astype(np.float64)
    figures = calibration(told[known], chance(rows.design[known, _BROWNIAN]), came, rows.world[known])
    if figures is None:
        return ()
    skill = figures.brier_skill
    ends = f" [{skill.low:+.3f}, {skill.high:+.3f}]" if skill.low is not None and skill.high is not None else ""
    return (
        f"Brier skill over the Brownian baseline {skill.value:+.3f}{ends} on worlds left out of the fit",
        f"ECE {figures.ece_corrected:.3f} ({figures.ece:.3f} as counted) on {figures.rows} rows of {figures.worlds}",
    )
