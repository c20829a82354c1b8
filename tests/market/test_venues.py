"""Futures, stock or option, by dataset and symbol."""

from __future__ import annotations

import pytest

from spymaster.market.venues import AssetClass, asset_class, is_option


@pytest.mark.parametrize(
    "symbol", ["ESM4 P5250", "E1AK4 C5200", "ES.OPT", "SPY   230803C00444000", "O:SPY251219C00650000"]
)
def test_option_symbols(symbol: str) -> None:
    assert is_option(symbol)


@pytest.mark.parametrize("symbol", ["ESM4", "ES.FUT", "ESH4-ESM4", "SPY", "ARL", "ES.c.0"])
def test_other_symbols_are_not_options(symbol: str) -> None:
    assert not is_option(symbol)


@pytest.mark.parametrize(
    ("dataset", "symbols", "expected"),
    [
        ("GLBX.MDP3", ("ESH4",), AssetClass.FUTURES),
        ("GLBX.MDP3", (), AssetClass.FUTURES),
        ("GLBX.MDP3", ("ESM4 P5250", "ESM4 C5250"), AssetClass.OPTIONS),
        ("GLBX.MDP3", ("ESM4", "ESM4 C5250"), AssetClass.FUTURES),
        ("OPRA.PILLAR", (), AssetClass.OPTIONS),
        ("XNAS.ITCH", ("ARL",), AssetClass.EQUITY),
        ("DBEQ.BASIC", (), AssetClass.EQUITY),
    ],
)
def test_class_of_a_dataset(dataset: str, symbols: tuple[str, ...], expected: AssetClass) -> None:
    assert asset_class(dataset, symbols) is expected
