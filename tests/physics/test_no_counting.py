"""The compiled engine counts no references: every view of a record on its way down would be counted in and out."""

from __future__ import annotations

from spymaster.market.kernel_cache import kernel_folder, read_kept
from spymaster.physics.roots import go_on
from tests.support.engine import run
from tests.support.market import Market

_RUNTIME = b"NRT_"
"""How all functions begin with which numba's runtime makes arrays, and counts who holds them."""


def test_no_compiled_kernel_counts_references() -> None:
    market = Market()
    market.ladder().at(1.0)
    assert run(market.words(), levels=(5000.0,)).counters["records"] == 1
    kept = {path.name: read_kept(path.name) for path in kernel_folder().glob("*.root")}
    codes = {name: found[1] for name, found in kept.items() if found is not None}
    assert any(name.startswith(f"{go_on.__name__}.") for name in codes)
    assert [name for name, code in codes.items() if _RUNTIME in code] == []
