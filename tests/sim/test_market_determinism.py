"""The same settings make the same market, down to the byte, whoever runs it and however it is cut."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from spymaster.sim.market.simulation import Session, simulate
from tests.sim.market_support import session, settings


def digest(run: Session) -> str:
    """A hash of records and truth."""
    parts = (run.records, run.flows, run.touches, run.works, run.planted)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def test_the_same_seed_makes_the_same_bytes() -> None:
    assert digest(session(7, 1)) == digest(session(7, 1))


def test_another_seed_makes_another_market() -> None:
    assert digest(session(7, 0.5)) != digest(session(8, 0.5))


@pytest.mark.parametrize("chunk", [1, 10_000])
def test_how_a_run_is_cut_changes_nothing(chunk: int) -> None:
    assert digest(simulate(settings(7), 1, chunk=chunk)) == digest(session(7, 1))


def test_saving_moments_changes_nothing() -> None:
    saved = simulate(settings(3, "mix", "open"), 3, keep_moments=3)
    assert saved.moments
    assert digest(saved) == digest(session(3, 3, "mix", "open"))


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "from tests.sim.test_market_determinism import digest\n"
        "from tests.sim.market_support import session\n"
        "print(digest(session(7, 1)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(session(7, 1))
