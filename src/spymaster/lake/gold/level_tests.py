"""The table of tests of levels: each test of each level, and those at prices like any other, by when it was decided."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from spymaster.lake.export.table import arrow_table
from spymaster.lake.gold.schema import GoldSchema
from spymaster.lake.tables.part import Part, PartMaker
from spymaster.lake.tables.routing import TableKey, folder_of
from spymaster.ledger.rows import NO_TESTS
from spymaster.ledger.table import columns_of
from spymaster.market.manifest import RecordingFile

LEVEL_TESTS: Final = "LEVEL_TESTS"
LEVEL_TESTS_TABLE: Final = "level_tests"
_VERSION: Final = 1
"""Of this table: raised when a column is added."""


@cache
def level_tests_schema() -> GoldSchema:
    """One row for each test, as ``export tests`` has it."""
    arrow = arrow_table(columns_of(NO_TESTS)).schema
    encodings = {
        field.name: "DELTA_BINARY_PACKED" if field.name.endswith("_ns") else "PLAIN"
        for field in arrow
        if field.name.endswith("_ns") or pa.types.is_floating(field.type)
    }
    return GoldSchema(LEVEL_TESTS, _VERSION, arrow, encodings, ("ts_event_ns",))


class LevelTestsWriter:
    """Writes the tests of one run, an hour at a time; there are few. ``underlying``: what the levels are of.

    A file is named after the time of its first row. Raises OSError where the disk or the network refuses.
    """

    def __init__(self, parts: PartMaker, underlying: str) -> None:
        self._parts = parts
        self._partition = f"underlying={underlying}"
        self._user_ids: tuple[str, ...] = ()
        self._part: Part | None = None
        self._rows: list[NDArray[Any]] = []

    def configure(self, user_ids: Sequence[str]) -> None:
        """Names of the user's levels, by their places, from now on."""
        if tuple(user_ids) != self._user_ids:
            self._flush()
            self._user_ids = tuple(user_ids)

    def tests(self, rows: NDArray[Any], hour: int) -> None:
        """Take tests (TEST) that were decided in an hour."""
        if not len(rows):
            return
        if self._part is None:
            folder = folder_of("gold", TableKey(LEVEL_TESTS_TABLE, self._partition), hour)
            self._part = self._parts.begin(folder, int(rows["end_ns"][0]), level_tests_schema())
        self._rows.append(rows.copy())

    def close_hour(self) -> list[RecordingFile]:
        """Make the file of the hour durable and visible."""
        self._flush()
        part, self._part = self._part, None
        return [] if part is None else [part.commit()]

    def discard(self) -> None:
        """Give the open hour up: nothing of it is left."""
        if self._part is not None:
            with contextlib.suppress(OSError):
                self._part.discard()
            self._part = None
        self._rows.clear()

    def _flush(self) -> None:
        """Write what is held as one row group, however it came: the same rows are the same bytes."""
        if self._part is not None and self._rows:
            rows = np.concatenate(self._rows)
            self._rows.clear()
            # a test that was open when the CONFIG changed may be of a level that the new one has no name for
            most = int(rows["user_index"].max(initial=-1))
            unnamed = tuple(f"USER_{place}" for place in range(len(self._user_ids), most + 1))
            self._part.write(level_tests_schema().table(columns_of(rows, (*self._user_ids, *unnamed))))
