"""The truth as it happens: what every order did, summed per side, price and 250 ms bucket.

This is what a feed of single orders would know, also at prices that ten levels never show.
"""

from __future__ import annotations

from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_MS
from spymaster.sim.level_kinds import LevelEvent
from spymaster.sim.market.state import ADD, ASK, BID, FILL, HIDDEN, MASK, PULL, State, Tape

_PLANTED: Final = int(LevelEvent.PLANTED)
BUCKET_NS: Final = 250 * NS_PER_MS
_THOUSAND: Final = 1000.0


@kernel
def note_flow(s: State, side: int, tick: int, what: int, contracts: int) -> None:
    """Contracts were added, pulled, filled, or filled out of hiding at a price."""
    i = tick & MASK
    if s.cell_used[side, i] == 0:
        s.cell_used[side, i] = 1
        s.cells[s.n_cells] = tick * 2 + side
        s.n_cells += 1
    s.cell[side, i, what] += contracts


@kernel
def note_leaving(s: State, tape: Tape, side: int, tick: int, what: int, contracts: int, order: int) -> None:
    """Displayed contracts have left a price, pulled or filled; ``order``: the id of the order they belonged to."""
    if s.silent != 0:
        return
    row = tape.leavings[s.n_leavings]
    row[0] = s.now_ns
    row[1] = side
    row[2] = tick
    row[3] = what
    row[4] = contracts
    row[5] = order
    row[6] = s.size[side, tick & MASK]
    s.n_leavings += 1


@kernel
def close_bucket(s: State, tape: Tape) -> None:
    """Write the open bucket's flows and the touch at its end, and open the next."""
    for k in range(s.n_cells):
        side = s.cells[k] & 1
        tick = s.cells[k] >> 1
        i = tick & MASK
        if s.silent == 0:
            row = tape.flows[s.n_flows]
            row[0] = s.bucket_ns
            row[1] = side
            row[2] = tick
            row[3] = s.cell[side, i, ADD]
            row[4] = s.cell[side, i, PULL]
            row[5] = s.cell[side, i, FILL]
            row[6] = s.cell[side, i, HIDDEN]
            row[7] = s.size[side, i]
            s.n_flows += 1
        s.cell_used[side, i] = 0
        for what in range(4):
            s.cell[side, i, what] = 0
    s.n_cells = 0
    if s.silent == 0:
        _note_touch(s, tape)
    s.bucket_ns += BUCKET_NS


@kernel
def _note_touch(s: State, tape: Tape) -> None:
    row = tape.touches[s.n_touches]
    row[0] = s.bucket_ns
    row[1] = s.best[BID]
    row[2] = s.best[ASK]
    row[3] = s.size[BID, s.best[BID] & MASK]
    row[4] = s.size[ASK, s.best[ASK] & MASK]
    row[5] = s.regime
    row[6] = int(s.activity * _THOUSAND)
    row[7] = int(s.news * _THOUSAND)
    row[8] = s.next_id
    s.n_touches += 1


@kernel
def note_work(s: State, tape: Tape, slot: int, what: int) -> None:
    """Something happened to a planted level."""
    if s.silent != 0:
        return
    v = s.level[slot]
    if what == _PLANTED:
        tape.plants[s.n_plants] = v
        s.n_plants += 1
    row = tape.works[s.n_works]
    row[0] = s.now_ns
    row[1] = v.number
    row[2] = what
    row[3] = v.left
    row[4] = s.best[BID]
    row[5] = s.best[ASK]
    s.n_works += 1
