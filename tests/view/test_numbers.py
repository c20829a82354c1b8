"""Numbers and times: fixed columns, one unit, a dash where there is nothing."""

from __future__ import annotations

import pytest

from spymaster.view.drawing.numbers import (
    age,
    beside_spot,
    clock,
    clock_ends,
    clock_minute,
    clock_ms,
    contracts,
    day,
    decimals_of,
    micros,
    minutes,
    price,
    rate,
    signed,
    signed_fit,
    signed_short,
    volume,
)

NAN = float("nan")


@pytest.mark.parametrize(("value", "text"), [(12.4, "+12"), (-3.0, "−3"), (0.2, "0"), (-0.4, "0"), (NAN, "—")])
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.391, "+0.39"), (-12.34, "−12.3"), (123.4, "+123"), (99_999.0, "+100k")])
def test_signed_numbers_keep_their_column(value: float, text: str) -> None:
    assert signed_fit(value, 5) == text


@pytest.mark.parametrize(("value", "text"), [(-612, "−612"), (-12_345, "−12k"), (2_345_678, "+2.3M")])
def test_large_flows_are_shortened(value: int, text: str) -> None:
    assert signed_short(value, 5) == text


@pytest.mark.parametrize(("value", "text"), [(640, "640"), (12_345, "12345"), (123_456, "123k"), (250_000_000, "250M")])
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
        (99_700_000, "0.1 s"),
        (9_970_000_000, "10 s"),
        (119_800_000_000, "2 m"),
        (3_599_000_000_000, "1 h 00"),
        (10_800_000_000_000, "3 h 00"),
        (11_100_000_000_000, "3 h 05"),
        (300_000_000_000_000, "3 d"),
    ],
)
def test_ages(ns: int | None, text: str) -> None:
    assert age(ns) == text


def test_times_are_those_of_new_york() -> None:
    assert clock(1_795_190_571_250_000_000) == "11:02:51"
    assert clock_ms(1_795_190_571_250_000_000) == "11:02:51.250"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (683.0, "683.00"),
        (683.12, "683.12"),
        (683.125, "683.125"),
        (683.005, "683.005"),
        (0.005, "0.005"),
        (683.1234, "683.12"),
        (683.1251, "683.13"),
        (5000.25, "5000.25"),
    ],
)
def test_a_price_on_a_half_cent_is_written_to_it(value: float, text: str) -> None:
    assert price(value) == text


def test_decimals_that_are_asked_for_are_kept_to() -> None:
    assert price(683.125, 2) == "683.12"


@pytest.mark.parametrize(("tick", "decimals"), [(0.25, 2), (0.01, 2), (1.0, 2), (0.005, 3), (0.0001, 4), (NAN, 2)])
def test_a_tick_says_how_many_decimals_its_prices_need(tick: float, decimals: int) -> None:
    assert decimals_of(tick) == decimals


def test_an_absent_price_is_a_dash() -> None:
    assert price(NAN) == "—"


@pytest.mark.parametrize("ns", [0, -1, 1, 86_400_000_000_000])
def test_a_stamp_that_is_no_time_is_never_written_as_one(ns: int) -> None:
    assert (clock(ns), clock_ms(ns), clock_minute(ns), day(ns)) == ("--:--:--", "--:--:--.---", "--:--", "—")
    assert set(clock_ends(ns, ns)) == {"--:--:--"}


def test_a_span_of_clock_times_ends_at_the_nearest_minute_and_a_short_one_at_the_nearest_second() -> None:
    second = 1_000_000_000
    end = 1_795_190_571_250_000_000
    assert clock_ends(end - 3_600 * second, end) == ("10:03", "11:03")
    assert clock_ends(end - 3_600 * second, end - 30 * second) == ("10:03", "11:02")
    assert clock_ends(end - 20 * second, end - second // 2) == ("11:02:31", "11:02:51")


@pytest.mark.parametrize(
    ("value", "text"), [(0.4, "0 m"), (5.9, "6 m"), (59.6, "1 h 00"), (187.0, "3 h 07"), (NAN, "—")]
)
def test_minutes_are_the_nearest(value: float, text: str) -> None:
    assert minutes(value) == text


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0.84, "0.8 µs"),
        (99.96, "100 µs"),
        (812.4, "812 µs"),
        (999.7, "1.0 ms"),
        (14_071.1, "14.1 ms"),
        (2_000_000.0, "2.0 s"),
        (NAN, "—"),
    ],
)
def test_how_long_a_calculation_took_has_at_most_four_digits(us: float, text: str) -> None:
    assert micros(us) == text


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0.38, "0.38 above spot"),
        (-0.38, "0.38 below spot"),
        (0.004, "at spot"),
        (-0.004, "at spot"),
        (0.0, "at spot"),
        (NAN, "no spot"),
    ],
)
def test_where_a_level_lies_beside_the_spot(offset: float, text: str) -> None:
    assert beside_spot(offset) == text


@pytest.mark.parametrize(
    ("per_s", "text"), [(6_100.0, "6.1 kB/s"), (999_960.0, "1.0 MB/s"), (2.5e9, "2.5 GB/s"), (NAN, "—")]
)
def test_rates(per_s: float, text: str) -> None:
    assert rate(per_s) == text


@pytest.mark.parametrize(("count", "text"), [(812_000, "812 kB"), (999_600, "1 MB"), (1_240_000_000, "1.24 GB")])
def test_amounts_of_bytes(count: int, text: str) -> None:
    assert volume(count) == text
