"""The rows of the level table: one price one row, in the order and choice that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from spymaster.market.rows import Signal
from spymaster.view.levels.items import LevelItem, level_items
from spymaster.view.levels.listing import listed_levels, next_order, next_which
from spymaster.view.state import ORDERS, WHICH, ListOrder, ListWhich
from tests.support import frames

ITEMS = level_items(frames.frame())
VWAP = next(item for item in ITEMS if item.id == "VWAP")


def at_vwap(ident: str, **changes: Any) -> LevelItem:
    return replace(VWAP, id=ident, name=ident, short=ident[:7], role="round", signal=Signal.NEUTRAL, **changes)


def listed(
    items: tuple[LevelItem, ...], order: ListOrder = "nearest", which: ListWhich = "all", picked: str | None = None
) -> tuple[LevelItem, ...]:
    return listed_levels(items, order, which, picked)


def test_levels_of_one_price_share_a_row_that_says_how_many_stand_there() -> None:
    rows = listed((*ITEMS, at_vwap("ROUND_1"), at_vwap("ROUND_2")))
    assert len(rows) == len(ITEMS)
    assert [row.name for row in rows if row.tick == VWAP.tick] == ["VWAP+2"]


def test_of_one_price_the_level_speaks_that_was_picked() -> None:
    rows = listed((*ITEMS, at_vwap("ROUND_1")), picked="ROUND_1")
    assert [row.id for row in rows if row.tick == VWAP.tick] == ["ROUND_1"]


def test_of_one_price_a_signal_speaks_before_a_name() -> None:
    quiet = replace(VWAP, signal=Signal.NEUTRAL)
    loud = replace(at_vwap("ROUND_1"), signal=Signal.BREAK)
    assert [row.id for row in listed((quiet, loud))] == ["ROUND_1"]


def test_two_prices_on_one_tick_keep_their_rows() -> None:
    assert len(listed((VWAP, at_vwap("ROUND_1", price=VWAP.price + 0.02)))) == 2


def test_a_row_for_several_never_grows_wider_than_a_name() -> None:
    rows = listed((replace(VWAP, name="CALL_WALL", short="C_WALL"), at_vwap("ROUND_1")))
    assert [row.name for row in rows] == ["C_WALL+1"]


def test_the_strongest_stand_furthest_from_fifty_and_the_unseen_last() -> None:
    rows = listed(ITEMS, "strongest")
    seen = [abs(row.score - 50.0) for row in rows if row.seen]
    assert seen == sorted(seen, reverse=True)
    assert [row.seen for row in rows] == sorted((row.seen for row in rows), reverse=True)


def test_by_kind_each_family_stands_together_from_the_highest_price_down() -> None:
    rows = listed(ITEMS, "kind")
    families = [row.role for row in rows]
    assert len(dict.fromkeys(families)) == sum(1 for a, b in zip([None, *families], families, strict=False) if a != b)
    for role in set(families):
        prices = [row.price for row in rows if row.role == role]
        assert prices == sorted(prices, reverse=True)


def test_a_choice_leaves_out_what_is_not_judged_or_does_not_signal() -> None:
    assert all(row.seen for row in listed(ITEMS, which="judged"))
    assert all(row.signalling for row in listed(ITEMS, which="signalling"))
    assert 0 < len(listed(ITEMS, which="signalling")) < len(listed(ITEMS, which="judged")) < len(listed(ITEMS))


@pytest.mark.parametrize(("step", "choices"), [(next_order, ORDERS), (next_which, WHICH)])
def test_a_key_goes_round_all_choices(step: Callable[[str], str], choices: tuple[str, ...]) -> None:
    at, seen = choices[0], []
    for _ in choices:
        seen.append(at)
        at = step(at)
    assert (tuple(seen), at) == (choices, choices[0])
