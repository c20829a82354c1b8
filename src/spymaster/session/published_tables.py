"""The tables that can be made of what an engine publishes: what makes the columns of each, block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from spymaster.ledger.columns import TestColumns
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE
from spymaster.models.break_model import shipped_model
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.chance_columns import ChanceColumns
from spymaster.signals.columns import Columns, alerts_columns, flows_columns, signals_columns
from spymaster.signals.flow.encode import FlowColumns

TIME_COLUMN: Final = {
    "signals": "ts_event_ns", "alerts": "ts_event_ns", "flows": "ts_bucket_ns", "option-flow": "ts_event_ns",
    "p-break": "ts_event_ns", "tests": "ts_event_ns",
}  # fmt: skip
"""The tables by name, and the column of each that says when."""
ALERTS: Final = "alerts"
FLOWS: Final = "flows"
"""The table that needs an engine which keeps the ledger of flows."""


class Maker(NamedTuple):
    """What makes a table. ``columns``: of a block; ``at_change``: before the engine begins anew with another contract;
    ``rest``: what is left when the run is over."""

    columns: Callable[[SnapBlock], Columns]
    at_change: Callable[[Engine], None] = lambda engine: None
    rest: Callable[[], Columns] = dict


def maker_of(table: str, frame: ConfigFrame) -> Maker:
    """What makes a table of ``TIME_COLUMN`` from a source that begins with this CONFIG."""
    ids = tuple(level.id for level in frame.user_levels)
    tick_e9 = frame.instrument.tick_e9
    if table == "p-break":
        chances = ChanceColumns(shipped_model(), ids)
        return Maker(chances.columns, chances.at_change)
    if table == "tests":
        tests = TestColumns(tick_e9 / PRICE_SCALE, ids)
        return Maker(
            tests.columns, lambda engine: tests.at_change(int(engine.state["clock"][0]["next_snap_ns"])), tests.rest
        )
    plain: dict[str, Callable[[SnapBlock], Columns]] = {
        "signals": lambda block: signals_columns(block, ids),
        ALERTS: lambda block: alerts_columns(block, ids),
        FLOWS: lambda block: flows_columns(block, tick_e9),
        "option-flow": FlowColumns().columns,
    }
    return Maker(plain[table])
