"""The compiled engine counts no references: every view of a record on its way down would be counted in and out."""

from __future__ import annotations

from spymaster.market.kernel_cache import kernel_folder
from spymaster.physics.dispatch import dispatch_records
from tests.support.engine import run
from tests.support.market import Market

_RUNTIME = b"NRT_"
"""How all functions begin with which numba's runtime makes arrays, and counts who holds them."""


def test_no_compiled_kernel_counts_references() -> None:
    market = Market()
    market.ladder().at(1.0)
    assert run(market.words(), levels=(5000.0,)).counters["records"] == 1
    kept = {path: path.read_bytes() for path in kernel_folder().rglob("*") if path.is_file()}
    assert any(dispatch_records.__name__.encode() in code for code in kept.values())
    assert [path.name for path, code in kept.items() if _RUNTIME in code] == []
