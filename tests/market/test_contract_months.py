"""When a contract ends, by its symbol alone."""

from __future__ import annotations

import datetime as dt

import pytest

from spymaster.market.contract_months import contract_expiry, third_friday
from spymaster.market.instruments import futures_root, outright_root


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2023, 12, 15), (2024, 3, 15), (2024, 9, 20), (2025, 8, 15), (2026, 5, 15)]
)
def test_third_friday(year: int, month: int, day: int) -> None:
    assert third_friday(year, month) == dt.date(year, month, day)


@pytest.mark.parametrize(
    ("symbol", "near", "expiry"),
    [
        ("ESH4", dt.date(2023, 12, 25), dt.date(2024, 3, 15)),
        ("ESZ3", dt.date(2023, 12, 25), dt.date(2023, 12, 15)),
        ("ESH0", dt.date(2029, 12, 1), dt.date(2030, 3, 15)),
        ("ESH24", dt.date(2023, 12, 25), dt.date(2024, 3, 15)),
        ("M2KM5", dt.date(2025, 1, 2), dt.date(2025, 6, 20)),
        ("XYZM5", dt.date(2025, 1, 2), dt.date(2025, 6, 20)),
    ],
)
def test_equity_index_contracts_end_on_the_third_friday(symbol: str, near: dt.date, expiry: dt.date) -> None:
    assert contract_expiry(symbol, near) == expiry


def test_contracts_for_goods_end_in_the_month_before() -> None:
    assert contract_expiry("CLX5", dt.date(2025, 9, 24)) == dt.date(2025, 10, 20)
    assert contract_expiry("GCF6", dt.date(2025, 9, 24)) == dt.date(2025, 12, 20)


@pytest.mark.parametrize("symbol", ["ESH4-ESM4", "ESM4 P5250", "ARL", "ES.c.0"])
def test_other_symbols_have_no_expiry(symbol: str) -> None:
    assert contract_expiry(symbol, dt.date(2024, 1, 1)) is None


def test_the_root_of_a_continuous_symbol() -> None:
    assert outright_root("ES.v.0") == outright_root("ESH4") == "ES"
    assert outright_root("ES.OPT") is None
    assert futures_root("ES.v.0") is None
