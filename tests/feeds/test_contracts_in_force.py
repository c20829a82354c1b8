"""Which contract is in force when, and which of everything a source holds is never taken."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from spymaster.feeds.choice.front_month import ContractQuery, InForce, choose_contracts
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.market.batches import Records
from spymaster.market.kinds import Kind
from tests.support.dbn import dbn_file, definition, depth, naming, records

S = 10**9


def ns(text: str) -> int:
    return int(dt.datetime.fromisoformat(text + "+00:00").timestamp()) * S


def told(contracts: tuple[InForce, ...]) -> list[tuple[int, str, int]]:
    return [(one.begin_ns, one.instrument.symbol, one.instrument.instrument_id) for one in contracts]


def live(path: Path, *rows: Records) -> DbnFile:
    """A capture of mixed kinds without a word in its header."""
    return DbnFile.open(dbn_file(path, None, *rows, symbol_map={}))


ROLL = {"ES.v.0": [("2023-12-10", "2023-12-15", 4916), ("2023-12-15", "2023-12-17", 17077)]}
ES = ContractQuery(product="ES")


def test_a_continuous_symbol_means_another_contract_from_midnight_utc(tmp_path: Path) -> None:
    rows = depth(3, recv_ns=ns("2023-12-14T23:55:00"), instrument_id=4916)
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, dated=ROLL, end_ns=ns("2023-12-17T00:00:00"))
    expected = [(0, "ES.v.0", 4916), (ns("2023-12-15T00:00:00"), "ES.v.0", 17077)]
    assert told(choose_contracts([DbnFile.open(path)], ES)) == expected


def test_files_split_by_day_each_map_their_own_contract(tmp_path: Path) -> None:
    files = []
    for day, after, number in (("2023-12-14", "2023-12-15", 4916), ("2023-12-15", "2023-12-16", 17077)):
        rows = depth(3, recv_ns=ns(f"{day}T23:00:00"), instrument_id=number)
        about = {"dated": {"ES.v.0": [(day, after, number)]}, "end_ns": ns(f"{after}T00:00:00")}
        files.append(DbnFile.open(dbn_file(tmp_path / f"{day}.dbn", "mbp-10", rows, **about)))
    assert [number for _, _, number in told(choose_contracts(files, ES))] == [4916, 17077]


def test_definitions_name_what_a_continuous_symbol_means(tmp_path: Path) -> None:
    rows = depth(3, recv_ns=ns("2023-12-14T23:55:00"), instrument_id=4916)
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, dated=ROLL, end_ns=ns("2023-12-17T00:00:00"))
    named = dbn_file(tmp_path / "d.dbn", "definition", definition("ESZ3", 4916), definition("ESH4", 17077))
    contracts = choose_contracts([DbnFile.open(path), DbnFile.open(named)], ES)
    assert [symbol for _, symbol, _ in told(contracts)] == ["ESZ3", "ESH4"]


def test_of_several_contracts_at_once_one_rules_a_whole_trade_date(tmp_path: Path) -> None:
    both = {"ESZ3": [("2023-12-01", "2023-12-16", 1)], "ESH4": [("2023-12-01", "2023-12-16", 2)]}
    rows = depth(3, recv_ns=ns("2023-12-06T15:00:00"), instrument_id=1)
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, dated=both, end_ns=ns("2023-12-09T00:00:00"))
    # ESZ3 ends on the 15th: from the 7th on it is no more than eight days away
    assert told(choose_contracts([DbnFile.open(path)], ES)) == [(0, "ESZ3", 1), (ns("2023-12-06T23:00:00"), "ESH4", 2)]


def test_the_date_asked_for_decides_the_contract(tmp_path: Path) -> None:
    both = {"ESZ3": [("2023-12-01", "2023-12-16", 1)], "ESH4": [("2023-12-01", "2023-12-16", 2)]}
    rows = depth(3, recv_ns=ns("2023-12-06T15:00:00"), instrument_id=1)
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, dated=both, end_ns=ns("2023-12-09T00:00:00"))
    query = ContractQuery(product="ES", date=dt.date(2023, 12, 8))
    assert told(choose_contracts([DbnFile.open(path)], query)) == [(0, "ESH4", 2)]


@pytest.mark.parametrize("other", ["CLG4", "6EH4", "AAAH4"])
def test_the_product_is_taken_whatever_sorts_first_or_ends_sooner(tmp_path: Path, other: str) -> None:
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3, instrument_id=1), symbol_map={1: other, 2: "ESH4"})
    assert told(choose_contracts([DbnFile.open(path)], ES)) == [(0, "ESH4", 2)]


def test_without_the_product_a_symbol_is_asked_for(tmp_path: Path) -> None:
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3, instrument_id=1), symbol_map={1: "CLG4"}))
    with pytest.raises(SourceError, match=r"no ES contract with depth or trades in it \(it holds: CLG4\); .*--symbol"):
        choose_contracts([file], ES)
    assert told(choose_contracts([file], ContractQuery("CLG4"))) == [(0, "CLG4", 1)]


def test_two_ids_without_a_name_are_not_told_apart_by_chance(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3, instrument_id=7), depth(3, instrument_id=8), symbol_map={})
    with pytest.raises(SourceError, match=r"it holds: #7, #8.*--symbol"):
        choose_contracts([DbnFile.open(path)], ES)
    assert told(choose_contracts([DbnFile.open(path)], ContractQuery("8"))) == [(0, "#8", 8)]


def test_a_contract_named_behind_any_number_of_messages_is_found(tmp_path: Path) -> None:
    spreads = [naming(9000 + k, f"ESH4-ESM{k}") for k in range(70)]
    file = live(tmp_path / "a.dbn", *spreads, naming(17077, "ESH4"), depth(3))
    assert told(choose_contracts([file], ES)) == [(0, "ESH4", 17077)]


def test_a_name_that_comes_behind_the_records_holds_for_them_too(tmp_path: Path) -> None:
    file = live(tmp_path / "a.dbn", depth(200), naming(17077, "ESH4"), depth(3))
    assert told(choose_contracts([file], ES)) == [(0, "ESH4", 17077)]


def test_a_continuous_symbol_mapped_anew_among_the_records_changes_the_contract_there(tmp_path: Path) -> None:
    at_ns = ns("2023-12-15T00:00:00")
    rows = (
        naming(1, "ESZ3", asked="ES.v.0", recv_ns=at_ns - 9 * S),
        depth(3, instrument_id=1, recv_ns=at_ns - 8 * S),
        naming(2, "ESH4", asked="ES.v.0", recv_ns=at_ns),
        depth(3, instrument_id=2, recv_ns=at_ns + S),
    )
    assert told(choose_contracts([live(tmp_path / "a.dbn", *rows)], ES)) == [(0, "ESZ3", 1), (at_ns, "ESH4", 2)]


def test_a_contract_given_another_id_after_a_reconnect_is_followed(tmp_path: Path) -> None:
    at_ns = ns("2023-12-12T15:00:00")
    rows = (
        naming(1, "ESH4", recv_ns=at_ns),
        depth(3, instrument_id=1, recv_ns=at_ns + S),
        naming(5, "ESH4", recv_ns=at_ns + 2 * S),
        depth(3, instrument_id=5, recv_ns=at_ns + 3 * S),
    )
    found = told(choose_contracts([live(tmp_path / "a.dbn", *rows)], ES))
    assert found == [(0, "ESH4", 1), (at_ns + 2 * S, "ESH4", 5)]


def test_the_publisher_asked_for(tmp_path: Path) -> None:
    rows = (depth(3), depth(4, publisher_id=41))
    file = DbnFile.open(dbn_file(tmp_path / "a.dbn", "mbp-10", *rows))
    assert choose_contracts([file], ContractQuery(product="ES"))[0].instrument.publisher_id == 1
    assert choose_contracts([file], ContractQuery(product="ES", publisher_id=41))[0].instrument.publisher_id == 41
    with pytest.raises(
        SourceError, match=r"no records of ESH4 by publisher 7; it holds 1 \(3 records\), 41 \(4 records"
    ):
        choose_contracts([file], ContractQuery(product="ES", publisher_id=7))


def test_the_end_is_that_of_the_records_where_the_header_has_none_or_one_far_away(tmp_path: Path) -> None:
    for name, end_ns in (("open", None), ("far", ns("2100-01-01T00:00:00"))):
        rows = records(Kind.TRADE, 5)
        file = DbnFile.open(dbn_file(tmp_path / f"{name}.dbn", "trades", rows, end_ns=end_ns))
        assert file.end_ns == int(rows["ts_recv"][-1]) + 1


def test_a_stock_alone_will_do_where_it_is_the_profile_s_share(tmp_path: Path) -> None:
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", depth(3), symbol_map={17077: "SPY"}, dataset="XNAS.ITCH")
    file = DbnFile.open(path)
    assert told(choose_contracts([file], ContractQuery(product="ES", equity="SPY"))) == [(0, "SPY", 17077)]
    with pytest.raises(SourceError, match=r"it holds: SPY.*--symbol"):
        choose_contracts([file], ES)
