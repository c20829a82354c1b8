"""The check of the ledger against simulated truth finds nothing where nothing is wrong, and something where it is."""

from __future__ import annotations

import dataclasses

import pytest

from spymaster.bench.invariants import check
from spymaster.sim.market.simulation import Session
from tests.sim.market_support import session


@pytest.fixture(scope="module")
def run() -> Session:
    return session(5, 2, "mix", "open")


def test_the_ledger_keeps_every_invariant(run: Session) -> None:
    found = check(run)
    assert found.records == len(run.records)
    assert found.cells > 5_000
    assert found.violations == 0
    assert found.wrong <= 0.005 * found.moved


def test_a_fill_that_the_orders_did_not_make_is_found(run: Session) -> None:
    flows = run.flows.copy()
    [first, *_] = (flows["filled"] > 0).nonzero()[0]
    flows["filled"][first + 1000 :][flows["filled"][first + 1000 :] > 0] += 1
    assert check(dataclasses.replace(run, flows=flows)).violations > 100


def test_contracts_told_otherwise_are_counted(run: Session) -> None:
    flows = run.flows.copy()
    flows["added"] += 1
    found = check(dataclasses.replace(run, flows=flows))
    assert found.violations == 0
    assert found.wrong > 1_000
