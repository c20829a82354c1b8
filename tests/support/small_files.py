"""Small recorded files of a scripted market: what tests replay when the bundled recording is too long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.market import dtypes as dt
from spymaster.market.batches import Records
from tests.support.dbn import dbn_file, trades_of
from tests.support.market import START_NS, Market
from tests.support.streams import moved, play, random_actions

Words = NDArray[np.int64]


def busy_words(count: int = 400, *, seed: int = 5, start_ns: int = START_NS) -> Words:
    """Depth of a market in which ``count`` things happen, a few hundredths of a second apart, trades among them."""
    market = Market(start_ns=start_ns)
    market.ladder().at(0.05)
    return play(market, random_actions(seed, count)).words()


def of_contract(words: Words, instrument_id: int, *, ticks: int = 0, publisher_id: int = 1) -> Words:
    """The same depth of another contract, so many ticks away."""
    words = moved(words, ticks=ticks)
    rows = words.view(dt.MBP10_DTYPE)
    rows["instrument_id"], rows["publisher_id"] = instrument_id, publisher_id
    return words


def depth_file(path: Path, words: Words, **about: Any) -> Path:
    """A depth file whose header begins with its first record; ``about``: the header's other fields."""
    first = {"start_ns": int(words[0, dt.W_TS_RECV])} if len(words) else {}
    return dbn_file(path, "mbp-10", words, **{**first, **about})


def trades_file(path: Path, trades: Records, **about: Any) -> Path:
    """A trades file whose header begins with its first record."""
    return dbn_file(path, "trades", trades, **{"start_ns": int(trades["ts_recv"][0]), **about})


def depth_and_trades(folder: Path, words: Words) -> tuple[Path, Path]:
    """The depth file and the trades file that goes with it."""
    depth = depth_file(folder / "a.mbp-10.dbn", words)
    return depth, trades_file(folder / "a.trades.dbn", trades_of(words))


def torn(path: Path, whole: Path, share: float) -> Path:
    """The front part of a file under another name."""
    content = whole.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path
