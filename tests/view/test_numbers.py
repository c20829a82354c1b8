"""Numbers and times: fixed columns, one unit, a dash where there is nothing."""

from __future__ import annotations

import pytest

from spymaster.view.numbers import age, clock, clock_ms, contracts, price, signed, signed_fit, signed_short

NAN = float("nan")


@pytest.mark.parametrize(("value", "text"), [(12.4, "+12"), (-3.0, "−3"), (0.2, "0"), (-0.4, "0"), (NAN, "—")])
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.391, "+0.39"), (-12.34, "−12.3"), (123.4, "+123"), (99_999.0, "+100k")])
def test_signed_numbers_keep_their_column(value: float, text: str) -> None:
    assert signed_fit(value, 5) == text


@pytest.mark.parametrize(("value", "text"), [(-612, "−612"), (-12_345, "−12k"), (2_345_678, "+2m")])
def test_large_flows_are_shortened(value: int, text: str) -> None:
    assert signed_short(value, 5) == text


@pytest.mark.parametrize(("value", "text"), [(640, "640"), (12_345, "12345"), (123_456, "123k")])
def test_sizes(value: int, text: str) -> None:
    assert contracts(value) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (None, "—"),
        (-5, "0 ms"),
        (12_000_000, "12 ms"),
        (400_000_000, "0.4 s"),
        (22_000_000_000, "22 s"),
        (600_000_000_000, "10 m"),
        (10_800_000_000_000, "3 h"),
    ],
)
def test_ages(ns: int | None, text: str) -> None:
    assert age(ns) == text


def test_times_are_those_of_new_york() -> None:
    assert clock(1_795_190_571_250_000_000) == "11:02:51"
    assert clock_ms(1_795_190_571_250_000_000) == "11:02:51.250"


def test_an_absent_price_is_a_dash() -> None:
    assert price(NAN) == "—"
