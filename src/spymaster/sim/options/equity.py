"""The equity beside the future: its best quotes and its trades, which tell no side."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import SIDE_NONE
from spymaster.sim.dice import below, exponential, heavy_tail, lag_ns, uniform
from spymaster.sim.market.climate import bell
from spymaster.sim.market.state import State, Tape
from spymaster.sim.options.quotes import forward_of
from spymaster.sim.options.state import WHAT_EQUITY_QUOTE, WHAT_EQUITY_TRADE

_CENT_E9: Final = 10_000_000
_CENT: Final = 0.01
_NOISE: Final = 0.002
_ONE_CENT_WIDE: Final = 0.85
_ROUND_LOT: Final = 100
_USUAL_LOTS: Final = 8.0
_ODD_LOTS: Final = 0.5
_LARGEST: Final = 50_000


@kernel
def quote_equity(s: State, tape: Tape) -> None:
    """Best bid and ask of the equity follow the future; a record only where they change."""
    o = s.options
    cents = (forward_of(s) + _NOISE * bell(o)) / _CENT
    bid = int(math.floor(cents)) * _CENT_E9
    ask = bid + _CENT_E9
    if uniform(o) >= _ONE_CENT_WIDE:
        # the nearer of the two gives way
        if cents - math.floor(cents) < 0.5:
            bid -= _CENT_E9
        else:
            ask += _CENT_E9
    if bid == o.equity[0] and ask == o.equity[1]:
        return
    o.equity[0] = bid
    o.equity[1] = ask
    o.equity[2] = _ROUND_LOT * (1 + int(_USUAL_LOTS * exponential(o)))
    o.equity[3] = _ROUND_LOT * (1 + int(_USUAL_LOTS * exponential(o)))
    _write(s, tape, WHAT_EQUITY_QUOTE, 0, 0)


@kernel
def trade_equity(s: State, tape: Tape) -> None:
    """Somebody buys at the ask or sells at the bid."""
    o = s.options
    if o.equity[0] == 0:
        return
    price = int(o.equity[below(o, 2)])
    size = 1 + below(o, _ROUND_LOT) if uniform(o) < _ODD_LOTS else int(min(_ROUND_LOT * heavy_tail(o), _LARGEST))
    _write(s, tape, WHAT_EQUITY_TRADE, price, size)


@kernel
def _write(s: State, tape: Tape, what: int, price: int, size: int) -> None:
    o = s.options
    o.equity_sequence += 1
    o.equity_recv_ns = max(o.equity_recv_ns + 1, s.now_ns + lag_ns(o))
    if s.silent != 0:
        return
    row = tape.rows[s.n_rows]
    row[0] = what
    row[1] = s.now_ns
    row[2] = o.equity_recv_ns
    row[3] = 0
    row[4] = price
    row[5] = size
    row[6] = SIDE_NONE
    for k in range(4):
        row[7 + k] = o.equity[k]
    row[11] = 0
    row[12] = 0
    row[13] = o.equity_sequence
    s.n_rows += 1
