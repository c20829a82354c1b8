"""``replay`` and ``export`` of what an engine publishes: tables as Parquet, with what the run rested on."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from spymaster.lake.export.export import TableSink
from spymaster.market.rows import ALERT_ROW
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.research.steps.step import Begin, Made
from spymaster.session.headless import RunTotals
from spymaster.session.published_tables import ALERTS, Maker, maker_of
from spymaster.session.sources.forms import interval_ns_of
from spymaster.signals.columns import alert_columns


class TableWatcher:
    """Writes one table of what is published. Raises UserError where it cannot be written, and ValueError."""

    def __init__(self, table: str, begin: Begin) -> None:
        self._maker: Maker = maker_of(table, begin.frame)
        self._name = f"{table}.parquet"
        self._sink = TableSink(begin.folder / self._name, "parquet")

    def on_block(self, block: SnapBlock) -> None:
        """Write the rows of a block."""
        if len(block.snaps):
            self._sink.write(self._maker.columns(block))

    def after_frame(self, engine: Engine) -> None:
        """Nothing happens between blocks."""

    def at_change(self, engine: Engine) -> None:
        """The maker forgets the other contract."""
        self._maker.at_change(engine)

    def finish(self, engine: Engine) -> Made:
        """Write what is left, and the file's end."""
        if rest := self._maker.rest():
            self._sink.write(rest)
        self._sink.close()
        return Made({self._name: self._sink.rows}, {})

    def discard(self) -> None:
        """No file is left."""
        self._sink.discard()


class AlertsWatcher:
    """Writes every signal raised, updated and resolved. They are few, and are written together at the end: as columns
    a handful takes as long as thousands."""

    def __init__(self, begin: Begin) -> None:
        self._place = begin.folder / f"{ALERTS}.parquet"
        self._user_ids = tuple(level.id for level in begin.frame.user_levels)
        self._rows = [np.zeros(0, ALERT_ROW)]

    def on_block(self, block: SnapBlock) -> None:
        """Copy the rows of a block."""
        if len(block.alerts):
            self._rows.append(block.alerts.copy())

    def after_frame(self, engine: Engine) -> None:
        """Nothing happens between blocks."""

    def at_change(self, engine: Engine) -> None:
        """Signals say of which level they are."""

    def finish(self, engine: Engine) -> Made:
        """Write the file."""
        with TableSink(self._place, "parquet") as sink:
            sink.write(alert_columns(np.concatenate(self._rows), self._user_ids))
        return Made({self._place.name: sink.rows}, {})

    def discard(self) -> None:
        """Nothing is open."""


class ReplayWatcher:
    """What ``replay --headless`` says of a day, and every signal raised, updated and resolved in it."""

    def __init__(self, begin: Begin) -> None:
        self._alerts = AlertsWatcher(begin)
        self._totals = RunTotals(interval_ns_of(begin.frame))

    def on_block(self, block: SnapBlock) -> None:
        """Count a block in, and write its signals."""
        self._totals.on_block(block)
        self._alerts.on_block(block)

    def after_frame(self, engine: Engine) -> None:
        """Nothing happens between blocks."""

    def at_change(self, engine: Engine) -> None:
        """Keep what was counted so far."""
        self._totals.count(engine)

    def finish(self, engine: Engine) -> Made:
        """The signals' file, and the run in figures."""
        made = self._alerts.finish(engine)
        counters, tally = self._totals.counters(engine), self._totals.tally
        facts: dict[str, Any] = {
            "signal_hash": self._totals.hash.hexdigest(),
            "records": counters["records"],
            "trades": counters["trades"],
            "snaps": tally.snaps,
            "signals": tally.signals,
            "alerts": tally.alerts,
            "first_ns": self._totals.first_ns(engine),
            "last_snap_ns": self._totals.last_snap_ns,
            "trust": msgspec.to_builtins(self._totals.trust.spells()),
        }
        return Made(made.rows, facts)

    def discard(self) -> None:
        """No file is left."""
        self._alerts.discard()
