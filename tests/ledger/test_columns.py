"""Tests as a table: words where rows have codes, and nothing where something is absent."""

from __future__ import annotations

from typing import Any

import numpy as np

from spymaster.ledger.columns import TestColumns
from spymaster.market.levels import LevelKind
from spymaster.market.rows import Signal
from spymaster.signals.columns import Columns, Words
from tests.ledger.lines import Market

POINTS = ((0.0, -6.0), (60.0, 6.0))


def columns_of_market(market: Market) -> list[Columns]:
    maker = TestColumns(0.25, ("my level",))
    return [*(maker.columns(block) for block in market.blocks()), maker.rest()]


def rows(parts: list[Columns]) -> list[dict[str, Any]]:
    """Rows by their names."""
    found = []
    for part in parts:
        lists = {name: column.tolist() for name, column in part.items()}
        found += [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
    return found


def test_a_level_of_ones_own_bears_its_name_and_others_their_kind() -> None:
    [mine] = [row for row in rows(columns_of_market(Market.through(*POINTS))) if row["kind"] == "USER"]
    assert (mine["level_id"], mine["outcome"], mine["direction"]) == ("my level", "BROKE", "RESISTANCE")
    [round_one] = [
        row for row in rows(columns_of_market(Market.through(*POINTS, kind=LevelKind.ROUND))) if row["kind"] == "ROUND"
    ]
    assert round_one["level_id"] == "ROUND_5000"


def test_prices_like_any_other_say_so_and_have_no_state_and_no_score() -> None:
    others = [row for row in rows(columns_of_market(Market.through(*POINTS))) if row["kind"] == "PLACEBO"]
    assert others
    for row in others:
        assert row["level_id"].startswith("PLACEBO_")
        assert (row["state"], row["signal"], row["said"]) == (None, None, None)
        assert np.isnan(row["score"])


def test_without_a_signal_nothing_was_said() -> None:
    quiet, loud = (
        next(row for row in rows(columns_of_market(market)) if row["kind"] == "USER")
        for market in (Market.through(*POINTS), Market.through(*POINTS, columns={"signal": float(Signal.BREAK)}))
    )
    assert quiet["said"] is None
    assert np.isnan(quiet["said_after_s"])
    assert (loud["said"], loud["said_after_s"]) == ("BREAK", 0.0)


def test_a_test_that_another_contract_interrupts_is_unknown() -> None:
    market = Market.through((0.0, -6.0), (30.0, 0.0), (40.0, 0.0), (100.0, 0.0))
    maker = TestColumns(0.25, ("my level",))
    parts = []
    for number, block in enumerate(market.blocks(20)):
        if number == 10:
            maker.at_change(int(block.snaps["t_ns"][0]))
        parts.append(maker.columns(block))
    outcomes = {row["outcome"] for row in rows([*parts, maker.rest()]) if row["kind"] == "USER"}
    assert outcomes == {"UNKNOWN"}


def test_every_column_has_the_length_of_the_table() -> None:
    for part in columns_of_market(Market.through(*POINTS)):
        assert len({len(column) for column in part.values()}) == 1
        assert isinstance(part["level_id"], Words)
