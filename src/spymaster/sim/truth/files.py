"""Writing and reading the truth beside a simulated recording; ``sim.truth.schema`` says what the files hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.level_kinds import LevelEvent, LevelKind
from spymaster.sim.levels.scenarios import BREAKS_BEFORE
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.simulation import FLOW, LEAVING, PLANTED, TOUCH, WORK, Chunk
from spymaster.sim.truth.level_states import Known, LevelStates, with_other_sides
from spymaster.sim.truth.option_truth import (
    contracts_table,
    hedges_table,
    inventory_table,
    seconds_table,
    trades_table,
    vols_table,
)
from spymaster.sim.truth.scales import HALF, WINDOW, LevelSpan
from spymaster.sim.truth.schema import FILES, FOLDER, OPTION_FILES
from spymaster.sim.truth.states import BLOCK, REACH, Block

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

OUTCOMES: Final = (LevelEvent.BREAK, LevelEvent.BOUNCE, LevelEvent.CHOP, LevelEvent.EXPIRED)
_NEVER: Final = 2**62
Columns = Mapping[str, Sequence[Any] | NDArray[Any]]


class TruthWriter:
    """Writes the truth of a session chunk by chunk into ``recording/truth``, in flat memory. A context manager.

    ``options``: the option market as it opened (``OPTIONS``); None without one. ``ends``: what ends a level's states.
    ``breaks_before``: what is known of each kind beforehand. ``known``: which rows of states the market can
    answer for, None for all; the others are left out.
    """

    def __init__(
        self,
        recording: Path,
        options: Any | None = None,
        *,
        ends: tuple[LevelEvent, ...] = OUTCOMES,
        breaks_before: Mapping[LevelKind, float] = BREAKS_BEFORE,
        known: Known | None = None,
    ) -> None:
        self._options, self._ends, self._breaks_before = options, ends, breaks_before
        self._level_states = LevelStates(known)
        self.folder = recording / FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)
        self._files: dict[str, pq.ParquetWriter] = {}
        self._flows = np.zeros(0, FLOW)
        self._touch = np.zeros(0, TOUCH)
        self._works = np.zeros(0, WORK)
        self._leavings = np.zeros(0, LEAVING)
        self._planted = np.zeros(0, PLANTED)
        self._depth: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._judged = 0
        if options is not None:
            self._write("options", contracts_table(options))

    def add(self, chunk: Chunk) -> None:
        """Take a chunk in."""
        flows, touch = chunk.flows, chunk.touches
        self._write("flows", _columns(flows) | {"price_e9": flows["tick"] * TICK_E9})
        self._write("touch", _columns(touch))
        self._write("events", _columns(chunk.works) | {"event": [LevelEvent(e).name for e in chunk.works["event"]]})
        self._flows = np.concatenate([self._flows, flows])
        self._touch = np.concatenate([self._touch, touch])
        if self._options is not None:
            self._add_options(chunk)
        self._works = np.concatenate([self._works, chunk.works])
        self._planted = np.concatenate([self._planted, chunk.planted])
        self._leavings = np.concatenate([self._leavings, self._in_zones(chunk.leavings)])
        if len(self._touch) - self._judged >= BLOCK + REACH:
            self._finish_block(len(self._touch) - REACH)

    def _add_options(self, chunk: Chunk) -> None:
        self._write("option_trades", trades_table(self._options, chunk.rows))
        self._write("inventory", inventory_table(self._options, chunk.rows))
        self._write("hedges", hedges_table(chunk.rows))
        self._write("option_seconds", seconds_table(chunk.seconds))
        self._write("vols", vols_table(self._options, chunk.seconds))

    def close(self) -> None:
        """Write what rests on the whole session, and complete the files."""
        self._finish_block(len(self._touch))
        self._write("levels", self._level_table())
        if self._options is None:
            self._write("linear_gamma", self._linear_gamma())
        for name in FILES:
            if name not in self._files and name != "oracle" and (name != "linear_gamma" or self._options is None):
                self._write(name, {})
        for file in self._files.values():
            file.close()

    def __enter__(self) -> TruthWriter:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()

    def _write(self, name: str, columns: Columns) -> None:
        import pyarrow.parquet as pq

        if name not in self._files:
            path = self.folder / f"{name}.parquet"
            self._files[name] = pq.ParquetWriter(path, arrow_schema(name), compression="zstd")
        table = arrow_table(name, columns)
        if table.num_rows:
            self._files[name].write_table(table)

    def _finish_block(self, until: int) -> None:
        """States up to bucket ``until``; what scales and windows of the next block look back on stays."""
        if len(self._touch) <= WINDOW:
            return
        spans = self._spans(int(self._touch["ts_bucket_ns"][0]), int(self._touch["ts_bucket_ns"][-1]))
        flows = self._flows
        if spans:
            block = Block(flows, self._touch, self._depth, with_other_sides(spans))
            own, other = self._level_states.of_block(block, self._leavings, self._judged, until)
            self._write("states", _columns(own))
            self._write("other_side", _columns(other))
        keep = max(until - REACH - WINDOW, 0)
        keep_from = int(self._touch["ts_bucket_ns"][keep])
        for row in flows[flows["ts_bucket_ns"] < keep_from]:
            self._depth[row["side"]][int(row["tick"])] = int(row["depth_end"])
        self._flows = flows[flows["ts_bucket_ns"] >= keep_from]
        self._leavings = self._leavings[self._leavings["ts_ns"] >= keep_from - BUCKET_NS]
        self._touch = self._touch[keep:]
        self._judged = until - keep

    def _in_zones(self, leavings: NDArray[Any]) -> NDArray[Any]:
        """What left the zones of levels planted so far."""
        around = np.unique(self._planted["tick"][:, None] + np.arange(-HALF, HALF + 1))
        return leavings[np.isin(leavings["tick"], around)]

    def _spans(self, first_ns: int, last_ns: int) -> list[LevelSpan]:
        spans = []
        for row in self._planted:
            works = self._works[self._works["level"] == row["level"]]
            ended = works["ts_ns"][np.isin(works["event"], self._ends)]
            until = int(ended[0]) if len(ended) else _NEVER
            if until >= first_ns and row["planted_ns"] <= last_ns:
                on = works["ts_ns"][works["event"] == LevelEvent.ON].tolist()
                off = works["ts_ns"][works["event"] == LevelEvent.OFF].tolist()
                pairs = tuple(zip(on, [*off, _NEVER][: len(on)], strict=True))
                number, side, tick, planted_ns = (int(row[name]) for name in ("level", "side", "tick", "planted_ns"))
                acts = row["kind"] != LevelKind.PLACEBO
                spans.append(LevelSpan(number, side, tick, planted_ns, until, pairs, bool(acts)))
        return spans

    def _level_table(self) -> Columns:
        planted = self._planted
        touched, decided, outcome = [], [], []
        for number in planted["level"]:
            works = self._works[self._works["level"] == number]
            touch = works["ts_ns"][works["event"] == LevelEvent.TOUCH]
            ended = works[np.isin(works["event"], OUTCOMES)]
            touched.append(int(touch[0]) if len(touch) else 0)
            decided.append(int(ended["ts_ns"][0]) if len(ended) else 0)
            outcome.append(LevelEvent(ended["event"][0]).name if len(ended) else "OPEN")
        kinds = [LevelKind(kind) for kind in planted["kind"]]
        return _columns(planted) | {
            "kind": [kind.name for kind in kinds],
            "price_e9": planted["tick"] * TICK_E9,
            "p_break_before": [self._breaks_before[kind] for kind in kinds],
            "trigger_ticks": planted["trigger"],
            "add_factor": planted["add"],
            "cancel_factor": planted["cancel"],
            "touched_ns": touched,
            "decided_ns": decided,
            "outcome": outcome,
        }

    def _linear_gamma(self) -> Columns:
        gamma = {int(row["level"]): float(row["gamma"]) for row in self._planted if row["gamma"] != 0.0}
        rows = [row for row in self._works if int(row["level"]) in gamma]
        changes = [row for row in rows if row["event"] in (LevelEvent.ON, LevelEvent.OFF)]
        return {
            "ts_ns": [int(row["ts_ns"]) for row in changes],
            "gamma": [gamma[int(row["level"])] if row["event"] == LevelEvent.ON else 0.0 for row in changes],
        }


def write_oracle(recording: Path, columns: Columns) -> None:
    """The oracle's probabilities beside a recording's truth."""
    import pyarrow.parquet as pq

    pq.write_table(arrow_table("oracle", columns), recording / FOLDER / "oracle.parquet", compression="zstd")


def has_truth(recording: Path) -> bool:
    """Whether a folder holds a truth."""
    return (recording / FOLDER).is_dir()


def read_truth(recording: Path, name: str) -> pa.Table:
    """A file of a recording's truth, by its name in ``sim.truth.schema``. Raises UserError."""
    import pyarrow.parquet as pq

    path = recording / FOLDER / f"{name}.parquet"
    if not path.is_file():
        how = "--truth --options" if name in OPTION_FILES else "--truth"
        raise UserError(path, "no such truth", f"make the recording with `simulate {how}`", code=ExitCode.DATA)
    return pq.read_table(path)


def arrow_schema(name: str) -> pa.Schema:
    """The Arrow schema of a truth file, each field with its meaning."""
    import pyarrow as pa

    types = {"i8": pa.int64(), "f8": pa.float64(), "str": pa.string()}
    columns = FILES[name] if name in FILES else OPTION_FILES[name]
    return pa.schema([pa.field(key, types[kind], metadata={"meaning": text}) for key, kind, text in columns])


def arrow_table(name: str, columns: Columns) -> pa.Table:
    """Columns of a truth file as an Arrow table; missing ones are empty, and then all must be."""
    import pyarrow as pa

    schema = arrow_schema(name)
    return pa.table([pa.array(columns.get(field.name, []), field.type) for field in schema], schema=schema)


def _columns(rows: NDArray[Any]) -> dict[str, Any]:
    return {name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()}
