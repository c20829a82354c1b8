"""What the engine remembers of the options of the day: the chain as a whole, its contracts, and sums by strike.

Prices, strikes and the forward are in the unit the options are quoted in, sizes in option contracts, exposures in ES
contracts per ES point, times in ns since 1970 UTC.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.option_chain import MAX_CONTRACTS_OF_CHAIN, MAX_STRIKES, to_chain

LOOKUP: Final = 4 * MAX_CONTRACTS_OF_CHAIN
"""Room of the table from instrument id to contract: a power of two, at most a quarter of them in use."""

LOOKUP_MULTIPLIER: Final = 0x9E3779B1
FLOW_SLOTS: Final = 16
"""Parts the window of the exposure's change is divided into."""

PRINTS: Final = 8
"""Latest trades of a contract that a cancellation can still take back."""

NO_END: Final = 2**63 - 1

CALL_WALL: Final = 0
PUT_WALL: Final = 1
FLIP: Final = 2
SLIP_ORDINAL: Final = -2
"""Ordinal of a wall's level where dealers are short gamma; -1, that of levels without one, where they are long."""
MARKS: Final = 3
"""Prices that move only when they have been elsewhere for a while."""

PRINT: Final = np.dtype(
    [
        ("price_e9", "<i8"),
        ("size", "<f8"),
        ("signed", "<f8"),
        ("variance", "<f8"),
        ("known", "<f8"),
        ("sided", "<f8"),
        ("delta", "<f8"),
        ("gamma", "<f8"),
        ("slot", "<i8"),
    ]
)
"""One trade as it was counted, to be taken back if it is cancelled."""

CONTRACT: Final = np.dtype(
    [
        ("key", "<i8"),
        ("strike", "<i8"),
        ("right", "<i8"),
        # other series of the day: the next contract of this strike and right, and when this one ends before the last
        ("next", "<i8"),
        ("end_ns", "<i8"),
        ("live", "<i8"),
        ("halted", "<i8"),
        # the quote, and the one before it
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("bid_size", "<f8"),
        ("ask_size", "<f8"),
        ("event_ns", "<i8"),
        ("seen_ns", "<i8"),
        ("old_ns", "<i8"),
        ("old_bid", "<f8"),
        ("old_ask", "<f8"),
        ("old_bid_size", "<f8"),
        ("old_ask_size", "<f8"),
        ("usable", "<i8"),
        ("last", "<f8"),
        ("step", "<i8"),
        ("volume", "<f8"),
        ("premium", "<f8"),
        ("net", "<f8"),
        ("variance", "<f8"),
        ("squares", "<f8"),
        ("recent", "<f8"),
        ("recent_slot", "<f8", (FLOW_SLOTS,)),
        ("delta_flow", "<f8"),
        ("gamma_flow", "<f8"),
        ("open_interest", "<f8"),
        ("delta", "<f8"),
        ("gamma", "<f8"),
        ("prints", "<i8"),
        ("print", PRINT, (PRINTS,)),
    ]
)
"""One option. ``next``: -1 for none; ``end_ns``: ``NO_END`` where it ends with the chain; ``live``: whether it has time
left by the clock of regular hours, so that it adds to dealers' exposure; ``halted``: the venue's last word was that it
is neither traded nor quoted. ``net``: customers' expected buys - sells;
``variance``: of it; ``squares``: of trade sizes, summed; ``recent``: the part of ``net`` from the window of the
exposure's change; ``open_interest``: -1 unknown; ``delta``, ``gamma``: of the smile, NaN without one."""

CHAIN: Final = np.dtype(
    [
        ("contracts", "<i8"),
        ("strikes", "<i8"),
        ("any_publisher", "<i8"),
        ("fixing", "<i8"),
        ("multiplier", "<f8"),
        ("tick", "<f8"),
        # the regular session that the options end with
        ("open_ns", "<i8"),
        ("close_ns", "<i8"),
        # when they owe quotes (0 and the end above where that is not known), and how many of them are halted
        ("due_ns", "<i8"),
        ("last_ns", "<i8"),
        ("halted", "<i8"),
        ("quote_ns", "<i8"),
        ("contract", CONTRACT, (MAX_CONTRACTS_OF_CHAIN,)),
        # instrument id -> contract + 1
        ("lookup", "<i4", (LOOKUP,)),
        # indices of a strike's call and put among the contracts, -1 for none; of several series the one that ends last
        ("strike_call", "<i8", (MAX_STRIKES,)),
        ("strike_put", "<i8", (MAX_STRIKES,)),
    ]
)
"""The options of the day."""

OPTION_FLOW: Final = np.dtype(
    [
        ("volume", "<f8"),
        ("known", "<f8"),
        ("sided", "<f8"),
        ("call_flow", "<f8"),
        ("put_flow", "<f8"),
        ("slot", "<i8"),
        ("slot_ns", "<i8"),
    ]
)
"""Sums over all trades: contracts, those of known side and of a side the venue gave, delta flows since the last snap;
and the part of the window of the exposure's change that is being filled."""

STRIKE_TABLE: Final = np.dtype(
    [
        (name, "<f8", (MAX_STRIKES,))
        for name in (
            *("strike", "call_bid", "call_ask", "put_bid", "put_ask"),
            *("log_moneyness", "variance", "weight", "deviation", "gamma", "wall"),
        )
    ]
)
"""One value for every strike of the chain: its price, its quotes, what they say of the smile, deviation and gamma by
the smile, exposure averaged for walls."""

HELD_TABLE: Final = np.dtype(
    [
        (name, "<f8", (MAX_STRIKES,))
        for name in ("strike", "deviation", "flow", "spread", "recent", "naive", "hand", "old")
    ]
)
"""The strikes that anybody holds, one after the other: price, deviation, - customers' net flow, its variance, its
recent part, calls less puts in hand, all in hand, gamma flow in the units of old. Positions are in ES contracts per
unit of gamma."""

S_FLOW: Final = 0
S_SPREAD: Final = 1
S_RECENT: Final = 2
S_NAIVE: Final = 3
S_HAND: Final = 4
S_OLD: Final = 5
SUMS: Final = 6
"""Sums over strikes at one price: gamma of what customers sold net, its variance, its recent part, gamma of calls less
puts in hand, of everything in hand, and - gamma flow in the units of old."""

FUEL_RECORD: Final = np.dtype(
    [
        ("quoted", "<i8"),
        ("refresh_ns", "<i8"),
        ("slow_ns", "<i8"),
        ("has_smile", "<i8"),
        ("smile", "<f8", (6,)),
        ("forward", "<f8"),
        ("forward_ns", "<i8"),
        ("tau", "<f8"),
        ("half_width", "<f8"),
        ("scale", "<f8"),
        # dealers' exposure at spot: smoothed, its variance, and the sums it comes from
        ("has_hedge", "<i8"),
        ("hedge", "<f8"),
        ("sd", "<f8"),
        ("at_spot", "<f8", (SUMS,)),
        ("charm_flow", "<f8"),
        ("strikes", STRIKE_TABLE),
        # strikes that anybody holds, and how many they are
        ("held", HELD_TABLE),
        ("active", "<i8"),
    ]
)
"""Smile, positions and exposure, brought up to date once a second."""

WALLS: Final = np.dtype(
    [
        # the published price and sign, and since when; what would replace it, and since when
        ("mark", "<f8", (MARKS,)),
        ("mark_sign", "<f8", (MARKS,)),
        ("mark_ns", "<i8", (MARKS,)),
        ("rival", "<f8", (MARKS,)),
        ("rival_sign", "<f8", (MARKS,)),
        ("rival_ns", "<i8", (MARKS,)),
    ]
)
"""Walls and flip, in the order CALL_WALL, PUT_WALL, FLIP."""


def put_chain(
    state: NDArray[Any], packed: bytes, sessions: NDArray[np.void], hours: NDArray[np.void], on_future: bool
) -> None:
    """Tell a fresh state of its options. ``packed``: CHAIN records in their order; may be empty. ``hours``: HOURS of
    each session, or none.

    ``on_future``: options on the future itself, settled by an average at the end.
    Raises ValueError when there are more than the state has room for.
    """
    chain = to_chain(packed)
    head, fuel = state["chain"][0], state["fuel"][0]
    fuel["hedge"] = fuel["sd"] = fuel["forward"] = fuel["charm_flow"] = np.nan
    state["walls"]["mark"] = state["walls"]["rival"] = np.nan
    state["levels"]["strike_high"] = -1
    if not len(chain):
        return
    strikes, indices = np.unique(chain["strike_e9"], return_inverse=True)
    if len(strikes) > MAX_STRIKES or len(chain) > MAX_CONTRACTS_OF_CHAIN:
        raise ValueError(f"{len(strikes)} strikes of options; at most {MAX_STRIKES} fit")
    expiry_ns = int(chain["expiry_ns"].max())
    head["contracts"], head["strikes"] = len(chain), len(strikes)
    head["any_publisher"] = int(chain["publisher_id"][0] == 0)
    head["fixing"] = int(on_future)
    head["multiplier"], head["tick"] = chain["multiplier"][0], chain["tick_e9"].min() / PRICE_SCALE
    place = _session_of_end(sessions, expiry_ns)
    head["open_ns"], head["close_ns"] = _regular_hours(sessions[place] if place >= 0 else None, expiry_ns)
    head["last_ns"] = head["close_ns"]
    if place >= 0 and len(hours) and hours[place]["options_open_ns"] > 0:
        head["due_ns"] = hours[place]["options_open_ns"]
        head["last_ns"] = _last_trading(sessions[place], hours[place], expiry_ns, on_future)
    fuel["strikes"]["strike"][: len(strikes)] = strikes / PRICE_SCALE
    head["strike_call"] = head["strike_put"] = -1
    contracts = head["contract"]
    of_strike: dict[tuple[int, int], int] = {}
    for index, (row, strike) in enumerate(zip(chain, indices, strict=True)):
        c = contracts[index]
        c["key"] = int(row["publisher_id"]) | int(row["instrument_id"]) << 16
        c["strike"], c["right"], c["open_interest"] = strike, row["right"], -1.0
        c["end_ns"] = NO_END if row["expiry_ns"] == expiry_ns else row["expiry_ns"]
        c["next"] = -1
        c["bid"] = c["ask"] = c["old_bid"] = c["old_ask"] = c["last"] = c["delta"] = c["gamma"] = np.nan
        side = (int(strike), int(row["right"]))
        if side in of_strike:
            contracts[of_strike[side]]["next"] = index
        else:
            head["strike_call" if row["right"] > 0 else "strike_put"][strike] = index
        of_strike[side] = index
        _enter(head["lookup"], int(row["instrument_id"]), index)


def _session_of_end(sessions: NDArray[np.void], expiry_ns: int) -> int:
    """Which session the options end in, an hour after its close included; -1 for none."""
    inside = (sessions["open_ns"] < expiry_ns) & (expiry_ns <= sessions["close_ns"] + 3_600_000_000_000)
    return int(np.flatnonzero(inside)[-1]) if inside.any() else -1


def _regular_hours(session: np.void | None, expiry_ns: int) -> tuple[int, int]:
    """When the regular session begins that the options end in, and when they end: with it, or before."""
    if session is None or session["rth_open_ns"] == 0:
        return 0, expiry_ns
    return int(session["rth_open_ns"]), min(int(session["rth_close_ns"]), expiry_ns)


def _last_trading(session: np.void, hours: np.void, expiry_ns: int, on_future: bool) -> int:
    """When options of the day stop trading: at the time their definition gives; listed options that end with the
    regular session, as those do whose definition gives the day alone, when their market closes."""
    if on_future or expiry_ns != session["rth_close_ns"]:
        return expiry_ns
    return int(hours["options_close_ns"])


def _enter(table: NDArray[Any], instrument_id: int, index: int) -> None:
    """Put a contract into the table: the first free place from where its id points to."""
    at = (instrument_id * LOOKUP_MULTIPLIER >> 16) % LOOKUP
    while table[at]:
        at = (at + 1) % LOOKUP
    table[at] = index + 1
