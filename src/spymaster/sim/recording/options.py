"""Writing the option market of a session: files in the vendor's layouts beside the depth."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.dbn.writer import DbnWriter, write_dbn
from spymaster.market.manifest import RecordingFile
from spymaster.sim.options.state import ON_EQUITY
from spymaster.sim.recording.files import file_entry
from spymaster.sim.recording.option_records import (
    EQUITY_DATASET,
    EQUITY_ID,
    EQUITY_SYMBOL,
    VENUES,
    contract_ids,
    definitions,
    equity_records,
    open_interest,
    option_quotes,
    option_trades,
    symbols,
)

_EQUITY_SCHEMA: Final = "mbp-1"


class OptionFiles:
    """Definitions and open interest at once; trades, quotes and the share's records as they come. A context manager.

    ``o``: the option market as it opened (``OPTIONS``).
    """

    def __init__(self, folder: Path, o: Any, start_ns: int, future_symbol: str, future_id: int) -> None:
        self._o = o
        self._venue = VENUES[int(o["kind"])]
        self._names = dict(zip(contract_ids(o).tolist(), symbols(o), strict=True))
        self._folder = folder
        self._counts = {}
        for schema, rows in (
            ("definition", definitions(o, start_ns, future_symbol, future_id)),
            ("statistics", open_interest(o, start_ns)),
        ):
            path = self._path(schema)
            write_dbn(path, rows, schema=schema, dataset=self._venue.dataset, symbol_map=self._names)
            self._counts[path] = len(rows)
        with ExitStack() as opened:
            self._trades = opened.enter_context(self._writer(self._venue.trades))
            self._quotes = opened.enter_context(self._writer(self._venue.quotes))
            self._equity = opened.enter_context(self._equity_writer()) if int(o["kind"]) == ON_EQUITY else None
            self._opened = opened.pop_all()

    def add(self, rows: NDArray[np.int64]) -> None:
        """Take rows of the tape."""
        self._trades.write(option_trades(self._o, rows))
        self._quotes.write(option_quotes(self._o, rows))
        if self._equity is not None:
            self._equity.write(equity_records(rows))

    def entries(self) -> tuple[RecordingFile, ...]:
        """The written files, once closed."""
        return tuple(file_entry(path, count) for path, count in self._all().items())

    @property
    def records(self) -> int:
        """Records written, definitions not counted."""
        return sum(self._all().values()) - self._counts[self._path("definition")]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def _all(self) -> dict[Path, int]:
        writers = [writer for writer in (self._trades, self._quotes, self._equity) if writer is not None]
        return self._counts | {writer.path: writer.count for writer in writers}

    def _path(self, schema: str) -> Path:
        return self._folder / f"{self._venue.prefix}.{schema}.dbn.zst"

    def _writer(self, schema: str) -> DbnWriter:
        return DbnWriter(self._path(schema), schema=schema, dataset=self._venue.dataset, symbol_map=self._names)

    def _equity_writer(self) -> DbnWriter:
        path = self._folder / f"{EQUITY_SYMBOL}.{_EQUITY_SCHEMA}.dbn.zst"
        return DbnWriter(path, schema=_EQUITY_SCHEMA, dataset=EQUITY_DATASET, symbol_map={EQUITY_ID: EQUITY_SYMBOL})
