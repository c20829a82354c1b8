"""A published column is described once, wholly, and everything else follows from that."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from spymaster.market.columns.fields import (
    NEGATED,
    SAME,
    Absent,
    Field,
    Mirror,
    Turn,
    Type,
    absent_when,
    by_name,
    negated_from,
    row_dtype,
    trades_places,
)
from spymaster.market.columns.level_fields import HASH_ORDER
from spymaster.market.option_rows import FUEL_FIELDS, OPTION_FIELDS, STRIKE_FIELDS
from spymaster.market.rows import ALERT_FIELDS, FLOW_FIELDS, LEVEL_FIELDS, LEVEL_ROW, BarrierState
from tests.support.columns_doc import PAGE, page

TABLES = (LEVEL_FIELDS, ALERT_FIELDS, FLOW_FIELDS, STRIKE_FIELDS, OPTION_FIELDS, FUEL_FIELDS)
EVERY = pytest.mark.parametrize("fields", TABLES, ids=("level", "alert", "flow", "strike", "option", "fuel"))


def field(name: str = "depth", **changes: Any) -> Field:
    return Field(**{"name": name, "type": Type.NUMBER, "unit": "contracts", "mirror": SAME, "doc": "size", **changes})


def test_a_column_cannot_be_added_without_a_rule_for_the_market_upside_down_or_words() -> None:
    needed = [
        name for name, one in inspect.signature(Field).parameters.items() if one.default is inspect.Parameter.empty
    ]
    assert needed == ["name", "type", "unit", "mirror", "doc"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"doc": " "}, "says nothing"),
        ({"unit": ""}, "no unit"),
        ({"mirror": None}, "no rule"),
        ({"type": Type.CODE}, "names an enumeration"),
        ({"codes": BarrierState}, "names an enumeration"),
    ],
)
def test_a_column_that_does_not_say_enough_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        field(**changes)


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="stand twice: depth"):
        by_name([field(), field()])


def test_what_trades_places_must_exist() -> None:
    with pytest.raises(ValueError, match="asks, which is no column"):
        by_name([field("bids", mirror=trades_places("asks"))])


@pytest.mark.parametrize("order", [("a",), ("a", "b", "c"), ("a", "a")])
def test_an_order_of_memory_names_every_column_once(order: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="the order of the columns and the table differ"):
        row_dtype([field("a"), field("b")], order)


def test_the_order_of_memory_is_what_it_is_told_whatever_the_order_of_the_table() -> None:
    assert row_dtype([field("b"), field("a")], ("a", "b")) == np.dtype([("a", "<f8"), ("b", "<f8")])


def test_absence_is_read_from_the_table() -> None:
    table = [field("a"), field("b", absent=Absent.SWEPT), field("c", absent=Absent.OPTIONAL)]
    assert absent_when(table, Absent.SWEPT, Absent.OPTIONAL) == {"b", "c"}


def test_the_level_row_is_the_order_of_the_hash_and_packed() -> None:
    assert LEVEL_ROW.names == HASH_ORDER
    assert LEVEL_ROW.itemsize == 8 * len(LEVEL_FIELDS)


@EVERY
def test_upside_down_twice_is_as_before(fields: Sequence[Field]) -> None:
    table = by_name(fields)
    for one in fields:
        other = table[one.mirror.column] if one.mirror.column else one
        assert (other.mirror.turn, other.mirror.column or other.name) == (one.mirror.turn, one.name), one.name


@EVERY
def test_what_trades_places_is_of_one_kind(fields: Sequence[Field]) -> None:
    table = by_name(fields)
    for one in fields:
        if one.mirror.column:
            other = table[one.mirror.column]
            assert (other.type, other.unit, other.absent) == (one.type, one.unit, one.absent), one.name


@EVERY
def test_prices_change_their_sign_upside_down(fields: Sequence[Field]) -> None:
    assert {one.mirror.turn for one in fields if one.type in (Type.PRICE, Type.TICK)} <= {Turn.NEGATED}


def test_the_rules_read_as_words() -> None:
    assert [rule.words() for rule in (NEGATED, negated_from("ask"), Mirror(Turn.SAME))] == [
        "negated",
        "negated, of `ask`",
        "same",
    ]


def test_the_documented_table_is_that_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.support.columns_doc writes it"
