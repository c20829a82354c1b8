"""What peers are given to do. Run by an interpreter that has them, by this file's path: it imports nothing of ours.

``python peer_programs.py NAME FILE`` reads a DBN file of MBP-10 and prints a line of JSON: version, records, wall and
CPU seconds of the measured part. Importing, compiling and converting are not part of it.
"""

import importlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from typing import Any

_WARM_EVENTS = 2_000


def databento_iterate(path: str) -> Callable[[], int]:
    """``for record in store`` with three fields read."""
    databento = importlib.import_module("databento")
    store = databento.DBNStore.from_file(path)

    def run() -> int:
        count = spread = 0
        for record in store:
            level = record.levels[0]
            spread += level.ask_px - level.bid_px + record.ts_event % 2
            count += 1
        return count

    return run


def databento_to_ndarray(path: str) -> Callable[[], int]:
    """The whole file as one array."""
    databento = importlib.import_module("databento")
    store = databento.DBNStore.from_file(path)
    return lambda: len(store.to_ndarray())


def nautilus(path: str) -> Callable[[], int]:
    """Load the file, add it to a backtest with no strategy, run it."""
    adapter = importlib.import_module("nautilus_trader.adapters.databento")
    backtest = importlib.import_module("nautilus_trader.backtest.engine")
    configs = importlib.import_module("nautilus_trader.config")
    currencies = importlib.import_module("nautilus_trader.model.currencies")
    enums = importlib.import_module("nautilus_trader.model.enums")
    identifiers = importlib.import_module("nautilus_trader.model.identifiers")
    objects = importlib.import_module("nautilus_trader.model.objects")
    instruments = importlib.import_module("nautilus_trader.test_kit.providers")
    future = instruments.TestInstrumentProvider.es_future(2026, 6)

    def run() -> int:
        logging = configs.LoggingConfig(bypass_logging=True)
        engine = backtest.BacktestEngine(config=backtest.BacktestEngineConfig(logging=logging))
        engine.add_venue(
            venue=identifiers.Venue("GLBX"),
            oms_type=enums.OmsType.NETTING,
            account_type=enums.AccountType.MARGIN,
            starting_balances=[objects.Money(1_000_000, currencies.USD)],
            book_type=enums.BookType.L2_MBP,
        )
        engine.add_instrument(future)
        data = adapter.DatabentoDataLoader().from_dbn_file(path, instrument_id=future.id)
        engine.add_data(data)
        engine.run()
        return len(data)

    return run


def hftbacktest(path: str) -> Callable[[], int]:
    """Every feed event of its own format waited for, one after the other."""
    numba, numpy = importlib.import_module("numba"), importlib.import_module("numpy")
    peer = importlib.import_module("hftbacktest")
    events = _events(path, peer)

    def wait_for_each(backtest: Any) -> int:
        count = 0
        while backtest.wait_next_feed(False, 3_600_000_000_000) == 2:
            count += 1
        return count

    wait_for_all = numba.njit(wait_for_each)

    def over(part: Any) -> int:
        asset = (
            peer.BacktestAsset()
            .data([part])
            .linear_asset(50.0)
            .constant_latency(0, 0)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(0.25)
            .lot_size(1.0)
        )
        backtest = peer.HashMapMarketDepthBacktest([asset])
        moments = int(wait_for_all(backtest))
        backtest.close()
        # the first of them is where it begins
        if moments + 1 < len(numpy.unique(part["local_ts"])):
            raise RuntimeError(f"only {moments} moments of {len(part)} events were run through")
        return len(part)

    over(events[:_WARM_EVENTS])
    return lambda: over(events)


def _events(path: str, peer: Any) -> Any:
    """One event a record: the level it changed, or the trade."""
    numpy = importlib.import_module("numpy")
    rows = importlib.import_module("databento").DBNStore.from_file(path).to_ndarray()
    is_trade = rows["action"] == b"T"
    is_bid = rows["side"] == b"B"
    events = numpy.zeros(len(rows), peer.types.event_dtype)
    events["ev"] = numpy.where(is_trade, peer.TRADE_EVENT, peer.DEPTH_EVENT).astype(numpy.uint64)
    events["ev"] |= numpy.where(is_bid, peer.BUY_EVENT, peer.SELL_EVENT).astype(numpy.uint64)
    events["ev"] |= numpy.uint64(peer.EXCH_EVENT | peer.LOCAL_EVENT)
    events["exch_ts"] = numpy.maximum.accumulate(rows["ts_event"].astype(numpy.int64))
    events["local_ts"] = numpy.maximum(numpy.maximum.accumulate(rows["ts_recv"].astype(numpy.int64)), events["exch_ts"])
    events["px"] = rows["price"] / 1e9
    level = numpy.clip(rows["depth"], 0, 9)
    resting = numpy.zeros(len(rows))
    for depth in range(10):
        at = level == depth
        size = numpy.where(is_bid, rows[f"bid_sz_{depth:02d}"], rows[f"ask_sz_{depth:02d}"])
        resting[at] = size[at]
    events["qty"] = numpy.where(is_trade, rows["size"], resting)
    known = (rows["side"] != b"N") & (rows["price"] != numpy.iinfo(numpy.int64).max)
    return events[known]


PROGRAMS: dict[str, tuple[str, Callable[[str], Callable[[], int]]]] = {
    "iterate": ("databento", databento_iterate),
    "to_ndarray": ("databento", databento_to_ndarray),
    "nautilus": ("nautilus_trader", nautilus),
    "hftbacktest": ("hftbacktest", hftbacktest),
}


def main(name: str, path: str) -> None:
    """Run one of them once."""
    package, program = PROGRAMS[name]
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        print(json.dumps({"missing": package}))
        return
    run = program(path)
    wall, cpu = time.perf_counter(), time.process_time()
    records = run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"version": version, "records": records, "wall_s": wall, "cpu_s": cpu}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
