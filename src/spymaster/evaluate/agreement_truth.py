"""A recording's truth as the comparison of states needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.agreement import EPISODE, PLANTED_LEVEL, TRUE_STATE, Rows, Truth, joined
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.recording.session import SPY_RATIO
from spymaster.sim.truth.files import read_truth
from spymaster.sim.truth.schema import FOLDER

if TYPE_CHECKING:
    import pyarrow as pa


def load_truth(recording: Path, start_ns: int, end_ns: int) -> Truth:
    """The planted levels, true states and episodes of a recording's session. Raises UserError."""
    import pyarrow as pa

    try:
        levels, states, events = (read_truth(recording, name) for name in ("levels", "states", "events"))
        planted = _rows(levels, PLANTED_LEVEL, kind=[LevelKind[kind] for kind in levels["kind"].to_pylist()])
        return Truth(planted, _rows(states, TRUE_STATE), _episodes(events, end_ns), end_ns - start_ns)
    except (pa.ArrowInvalid, KeyError) as error:
        problem = f"its truth cannot be read ({error})"
        raise UserError(recording, problem, "simulate it again", code=ExitCode.DATA) from None


def future_per_equity(recording: Path, profile: str) -> float:
    """What a planted level's price times this is the future's: 1 in profile es, in spy the session's own ratio."""
    if profile != "spy":
        return 1.0
    has_options = (recording / FOLDER / "options.parquet").is_file()
    return float(read_truth(recording, "options")["usual_ratio"][0].as_py()) if has_options else float(SPY_RATIO)


def _rows(table: pa.Table, dtype: np.dtype[Any], **columns: list[int]) -> Rows:
    rows = np.zeros(table.num_rows, dtype)
    for name in dtype.names or ():
        rows[name] = columns[name] if name in columns else table[name].to_numpy()
    return rows


def _episodes(events: pa.Table, end_ns: int) -> Rows:
    """The spans from each ON to the OFF after it, or to the end of the session, as episodes."""
    begun: dict[int, int] = {}
    spans = []
    for t_ns, level, event in zip(*(events[name].to_pylist() for name in ("ts_ns", "level", "event")), strict=True):
        if event == LevelEvent.ON.name:
            begun[level] = t_ns
        elif event == LevelEvent.OFF.name and level in begun:
            spans.append((level, begun.pop(level), t_ns))
    spans += [(level, on_ns, end_ns) for level, on_ns in begun.items()]
    return joined(np.array(spans, EPISODE))
