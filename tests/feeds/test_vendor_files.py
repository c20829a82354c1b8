"""The vendor's own files: each reads to exactly what the vendor's reader gives, or is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import databento
import pytest

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from tests.support.dbn import body

DBZ = "this is DBZ, the vendor's format before DBN"
FRAGMENT = "records without a DBN header (a fragment)"
NO_USE = "holds {} records, which this program has no use for"
REFUSED = {
    "LICENSE": "this is text, not DBN",
    "multi-frame.definition.v1.dbn.frag.zst": FRAGMENT,
    "test_data.definition.dbn.frag.zst": FRAGMENT,
    "test_data.definition.v1.dbn.frag": FRAGMENT,
    "test_data.definition.v1.dbn.frag.zst": FRAGMENT,
    "test_data.definition.v2.dbn.frag": FRAGMENT,
    "test_data.definition.v3.dbn.frag": FRAGMENT,
    "test_data.definition.v3.dbn.frag.zst": FRAGMENT,
    "test_data.imbalance.dbn": NO_USE.format("imbalance"),
    "test_data.imbalance.v1.dbn.zst": NO_USE.format("imbalance"),
    "test_data.imbalance.v2.dbn.zst": NO_USE.format("imbalance"),
    "test_data.imbalance.v3.dbn.zst": NO_USE.format("imbalance"),
    "test_data.mbo.dbn": NO_USE.format("mbo"),
    "test_data.mbo.v1.dbn.zst": NO_USE.format("mbo"),
    "test_data.mbo.v2.dbn.zst": NO_USE.format("mbo"),
    "test_data.mbo.v3.dbn": NO_USE.format("mbo"),
    "test_data.mbo.v3.dbn.zst": NO_USE.format("mbo"),
    **{
        f"test_data.{schema}{ending}": NO_USE.format(schema)
        for schema in ("ohlcv-1d", "ohlcv-1h", "ohlcv-1s")
        for ending in (".dbn", ".v1.dbn.zst", ".v2.dbn.zst", ".v3.dbn.zst")
    },
    **{
        f"test_data.{schema}.dbz": DBZ
        for schema in (
            "definition",
            "mbo",
            "mbp-1",
            "mbp-10",
            "ohlcv-1d",
            "ohlcv-1h",
            "ohlcv-1m",
            "ohlcv-1s",
            "tbbo",
            "trades",
        )
    },
}
"""The fixture files that are not read -> why."""


def _vendor_bytes(path: Path) -> bytes:
    """All records as the vendor's reader gives them, older versions upgraded."""
    return b"".join(bytes(record) for record in databento.DBNStore.from_file(path))


def _our_bytes(file: DbnFile, chunk: int | None = None) -> bytes:
    return b"".join(body(rows) for batch in file.chunks(chunk) for rows in batch.arrays.values())


def test_every_fixture_is_read_exactly_or_refused_for_the_stated_reason(data: Path) -> None:
    refused = {}
    read = 0
    for path in sorted((data / "dbn_fixtures").iterdir()):
        try:
            file = DbnFile.open(path)
        except SourceError as error:
            refused[path.name] = error.problem
            continue
        assert _our_bytes(file) == _vendor_bytes(path), path.name
        assert file.problems == (), path.name
        read += 1
    assert refused == REFUSED
    assert read >= 43


@pytest.mark.parametrize(
    "name",
    [
        "es/esh4-20231225-2300-2330.mbp-10",
        "es/esh4-20231225-2300-2330.trades",
        "es/esu4-20240701-2358.mbp-1",
        "es/definition-glbx-es-futspread",
        "es_options/definition-glbx-es-opt",
        "es_options/es_options-20240509-1000.mbp-1",
        "robustness/arl-xnas-20250717.mbp-10",
    ],
)
def test_real_files_are_read_exactly(data: Path, name: str) -> None:
    path = data / f"{name}.dbn.zst"
    assert _our_bytes(DbnFile.open(path), 1000) == _vendor_bytes(path)


def test_a_cut_real_file_gives_a_prefix_of_its_records(data: Path, tmp_path: Path) -> None:
    path = data / "es" / "esh4-20231225-2300-2330.mbp-10.dbn.zst"
    whole = path.read_bytes()
    cut = tmp_path / path.name
    cut.write_bytes(whole[: len(whole) // 2])
    file = DbnFile.open(cut)
    given = _our_bytes(file)
    assert _our_bytes(DbnFile.open(path)).startswith(given)
    assert file.torn_at == len(given) // 368 > 5000
