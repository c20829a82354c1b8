"""Which options belong to a session: those whose definitions say so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.feeds.choice.option_chain import ChainQuery, OptionChain, choose_chain
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.kinds import Kind
from spymaster.market.option_chain import ANY_PUBLISHER, CALL, MAX_STRIKES, PUT
from tests.support.dbn import START_NS, dbn_file, definition, records

EXPIRY_NS = int(dt.datetime(2023, 12, 26, 21, tzinfo=dt.UTC).timestamp()) * 10**9
CLOSE_NS = EXPIRY_NS + 1
DAY_NS = 86_400 * 10**9
ES = ChainQuery(underlying="ESH4", on_future=True, expires=20231226, close_ns=CLOSE_NS, near_e9=None)
SPY = ChainQuery(underlying="SPY", on_future=False, expires=20231226, close_ns=CLOSE_NS, near_e9=None)


def option(symbol: str, number: int, strike: float, right: bytes = b"C", **columns: Any) -> Any:
    fields = {
        "instrument_class": right, "underlying": b"ESH4", "strike_price": round(strike * 1e9), "expiration": EXPIRY_NS,
        "unit_of_measure_qty": 50 * 10**9,
    }  # fmt: skip
    return definition(symbol, number, **{**fields, **columns})


def chain_of(
    folder: Path, definitions: list[Any], symbols: dict[int, str], query: ChainQuery = ES, dataset: str = "GLBX.MDP3"
) -> OptionChain:
    quoted = records(Kind.MBP1 if query.on_future else Kind.CMBP1, 3, instrument_id=next(iter(symbols)))
    schema = "tbbo" if query.on_future else "tcbbo"
    files = [
        dbn_file(folder / "a.definition.dbn", "definition", *definitions, dataset=dataset, symbol_map={}),
        dbn_file(folder / f"a.{schema}.dbn", schema, quoted, dataset=dataset, symbol_map=symbols),
    ]
    return choose_chain([DbnFile.open(path) for path in files], query)


def test_calls_and_puts_by_strike_with_the_terms_of_their_definitions(tmp_path: Path) -> None:
    rows = [option("E1 P4800", 8, 4800.0, b"P"), option("E1 C4805", 9, 4805.0), option("E1 C4800", 7, 4800.0)]
    chain = chain_of(tmp_path, rows, {7: "E1 C4800", 8: "E1 P4800", 9: "E1 C4805"})
    told = [tuple(row[name] for name in ("strike_e9", "right", "instrument_id")) for row in chain.contracts]
    assert told == [(4_800 * 10**9, CALL, 7), (4_800 * 10**9, PUT, 8), (4_805 * 10**9, CALL, 9)]
    assert chain.contracts["multiplier"].tolist() == [50, 50, 50]
    assert chain.contracts["expiry_ns"].tolist() == [EXPIRY_NS] * 3
    assert chain.contracts["publisher_id"].tolist() == [1] * 3
    assert [file.path.name for file in chain.files] == ["a.tbbo.dbn"]


def test_the_id_of_the_quotes_counts_where_the_definition_has_another(tmp_path: Path) -> None:
    chain = chain_of(tmp_path, [option("E1 C4800", 7, 4800.0)], {71: "E1 C4800"})
    assert chain.contracts["instrument_id"].tolist() == [71]


SETTLED_AT_THE_OPEN = dt.datetime(2023, 12, 26, 14, 30, tzinfo=dt.UTC)
AM_NS = int(SETTLED_AT_THE_OPEN.timestamp()) * 10**9


def test_two_series_of_one_strike_and_day_are_both_kept_and_told_apart_by_when_they_end(tmp_path: Path) -> None:
    rows = [
        option("ESZ3 C4800", 5, 4800.0, expiration=AM_NS), option("ESZ3 P4800", 6, 4800.0, b"P", expiration=AM_NS),
        option("EW3Z3 C4800", 7, 4800.0), option("EW3Z3 P4800", 8, 4800.0, b"P"),
    ]  # fmt: skip
    symbols = {5: "ESZ3 C4800", 6: "ESZ3 P4800", 7: "EW3Z3 C4800", 8: "EW3Z3 P4800"}
    for order in (rows, rows[::-1]):
        chain = chain_of(tmp_path, order, symbols)
        told = [tuple(row[name] for name in ("right", "instrument_id", "expiry_ns")) for row in chain.contracts]
        assert told == [(CALL, 7, EXPIRY_NS), (CALL, 5, AM_NS), (PUT, 8, EXPIRY_NS), (PUT, 6, AM_NS)]
        assert chain.problems == (
            "2 series of options end on this day (EW3Z3 until 16:00 ET, ESZ3 until 09:30 ET); "
            "a strike's row is their sum",
        )


def test_of_two_series_that_end_together_the_one_with_more_contracts_leads(tmp_path: Path) -> None:
    rows = [option("A C4800", 5, 4800.0), option("B C4800", 7, 4800.0), option("B C4805", 8, 4805.0)]
    chain = chain_of(tmp_path, rows, {5: "A C4800", 7: "B C4800", 8: "B C4805"})
    assert chain.contracts["instrument_id"].tolist() == [7, 5, 8]


def test_options_of_another_size_are_left_out_in_words(tmp_path: Path) -> None:
    rows = [option("A C4800", 5, 4800.0, contract_multiplier=5), *(option(f"B C{k}", k, k) for k in (4800, 4805))]
    chain = chain_of(tmp_path, rows, {5: "A C4800", 4800: "B C4800", 4805: "B C4805"})
    assert chain.contracts["instrument_id"].tolist() == [4800, 4805]
    assert chain.problems == ("1 options of A left out: their multiplier is not 50, as the others' is",)


def test_of_too_many_contracts_the_nearest_strikes_are_kept_whole(tmp_path: Path) -> None:
    strikes = range(4_000, 4_000 + 300)
    rows = [
        option(f"{series} {right}{k}", number * 1_000 + k, k, right.encode())
        for number, (series, right) in enumerate([("A", "C"), ("A", "P"), ("B", "C"), ("B", "P")])
        for k in strikes
    ]
    chain = chain_of(tmp_path, rows, {4_800: "A C4800"}, ChainQuery("ESH4", True, 20231226, CLOSE_NS, 4_000 * 10**9))
    assert np.unique(chain.contracts["strike_e9"]).tolist() == (np.arange(4_000, 4_256) * 10**9).tolist()
    assert len(chain.contracts) == 1_024


@pytest.mark.parametrize(
    "other",
    [
        {"underlying": b"ESM4"},
        {"expiration": EXPIRY_NS + DAY_NS},
        {"expiration": 2**64 - 1},
        {"instrument_class": b"T"},
        {"strike_price": 2**63 - 1},
    ],
)
def test_another_underlying_another_day_and_no_plain_option_are_left_out(tmp_path: Path, other: dict[str, Any]) -> None:
    rows = [option("E1 C4800", 7, 4800.0), option("E1 C4805", 8, 4805.0, **other)]
    assert len(chain_of(tmp_path, rows, {7: "E1 C4800", 8: "E1 C4805"}).contracts) == 1


def test_without_an_option_of_the_day_the_files_are_left_out_in_words(tmp_path: Path) -> None:
    chain = chain_of(tmp_path, [option("E1 C4800", 7, 4800.0, expiration=EXPIRY_NS + DAY_NS)], {7: "E1 C4800"})
    assert (len(chain.contracts), chain.files) == (0, ())
    assert "no definition of an option on ESH4 that expires on 2023-12-26" in chain.problems[0]


def test_listed_options_end_with_the_session_and_are_for_a_hundred_shares(tmp_path: Path) -> None:
    midnight = EXPIRY_NS // DAY_NS * DAY_NS
    row = option(
        "SPY   231226C00475000", 7, 475.0, underlying=b"SPY", expiration=midnight, unit_of_measure_qty=2**63 - 1
    )
    chain = chain_of(tmp_path, [row], {7: "SPY   231226C00475000"}, SPY, "OPRA.PILLAR")
    assert [chain.contracts[name][0] for name in ("expiry_ns", "multiplier", "publisher_id")] == [
        CLOSE_NS, 100, ANY_PUBLISHER,
    ]  # fmt: skip


def test_options_on_a_future_are_no_use_where_those_on_the_share_are_asked_for(tmp_path: Path) -> None:
    chain = chain_of(tmp_path, [option("E1 C4800", 7, 4800.0)], {7: "E1 C4800"}, ES)
    asked = choose_chain(chain.files, SPY)
    assert len(asked.contracts) == 0
    assert "no options on SPY" in asked.problems[0]


def test_of_too_many_strikes_the_nearest_are_kept(tmp_path: Path) -> None:
    rows = [option(f"E1 C{k}", k, float(k)) for k in range(4_000, 4_000 + MAX_STRIKES + 8)]
    chain = chain_of(tmp_path, rows, {7: "E1 C4800"}, ChainQuery("ESH4", True, 20231226, CLOSE_NS, 4_000 * 10**9))
    assert chain.contracts["strike_e9"].tolist() == (np.arange(4_000, 4_000 + MAX_STRIKES) * 10**9).tolist()
    assert "8 strikes far from price" in chain.problems[0]


def test_statistics_of_the_options_come_along(tmp_path: Path) -> None:
    symbols = {7: "E1 C4800"}
    statistics = dbn_file(
        tmp_path / "b.statistics.dbn", "statistics", records(Kind.STAT, 1, recv_ns=START_NS), symbol_map=symbols
    )
    quoted = dbn_file(tmp_path / "b.tbbo.dbn", "tbbo", records(Kind.MBP1, 1, instrument_id=7), symbol_map=symbols)
    defined = dbn_file(tmp_path / "b.definition.dbn", "definition", option("E1 C4800", 7, 4800.0), symbol_map={})
    chain = choose_chain([DbnFile.open(path) for path in (statistics, quoted, defined)], ES)
    assert [file.path.name for file in chain.files] == ["b.tbbo.dbn", "b.statistics.dbn"]


def test_real_es_options_bear_the_ids_of_their_quotes(data: Path) -> None:
    names = ("options-20240509.definition.dbn.zst", "es_options-20240509-1000.mbp-1.dbn.zst")
    files = [DbnFile.open(data / "es_options" / name) for name in names]
    quarterly = ChainQuery(underlying="ESM4", on_future=True, expires=20240621, close_ns=0, near_e9=None)
    chain = choose_chain(files, quarterly)
    told = [(int(row["strike_e9"]) // 10**9, int(row["right"])) for row in chain.contracts]
    assert told == [(5230, PUT), (5250, PUT)]
    assert set(chain.contracts["instrument_id"].tolist()) == set(files[1].symbols_by_id())
    assert chain.contracts["multiplier"].tolist() == [50, 50]
    assert len(choose_chain(files, ES).contracts) == 0
