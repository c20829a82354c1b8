"""The files of a ``truth`` folder: what each holds, column by column.

All are Parquet. Times are ns UTC, prices 1e-9 of a point, sides 0 bid and 1 ask, sizes contracts. Buckets are 250 ms,
named by their end; what happens exactly at an end belongs to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FOLDER: Final = "truth"

Column = tuple[str, str, str]
"""Name, type (``i8``, ``f8``, ``str``), meaning."""

_BEYOND: Final[tuple[Column, ...]] = (
    ("passed_state", "i8", "BarrierState beyond the level, of the contracts there when price arrived; -1: not decided"),
    ("past_half_ticks", "i8", "how far the mid is past the level, half ticks; negative in front of it"),
    ("rested", "i8", "contracts in the zone when price arrived, 0 before"),
    ("rested_filled", "f8", "of these, filled since"),
    ("rested_withdrawn", "f8", "of these, withdrawn since"),
)

FILES: Final[Mapping[str, tuple[Column, ...]]] = MappingProxyType(
    {
        "flows": (
            ("ts_bucket_ns", "i8", "end of the bucket"),
            ("side", "i8", "side of the book"),
            ("price_e9", "i8", "price"),
            ("added", "i8", "displayed size that arrived, reloads of hidden orders included"),
            ("pulled", "i8", "displayed size withdrawn, moved away included"),
            ("filled", "i8", "size traded there"),
            ("hidden", "i8", "part of added that came out of hiding within the event that made room for it"),
            ("depth_end", "i8", "displayed at the end; minus the depth before it is added - pulled - filled, exactly"),
        ),
        "touch": (
            ("ts_bucket_ns", "i8", "end of the bucket"),
            ("bid", "i8", "best bid, ticks"),
            ("ask", "i8", "best ask, ticks"),
            ("bid_size", "i8", "displayed at the best bid"),
            ("ask_size", "i8", "displayed at the best ask"),
            ("regime", "i8", "direction of the metaorder at work: 1 buys, -1 sells, 0 none"),
            ("activity_milli", "i8", "rate of all events against the intensity's own, in thousandths"),
            ("news_milli", "i8", "1000 when news breaks, then fading"),
        ),
        "levels": (
            ("level", "i8", "number of the planted level"),
            ("kind", "str", "what was planted (LevelKind); PLACEBO does nothing"),
            ("side", "i8", "side of the defenders"),
            ("price_e9", "i8", "price"),
            ("planted_ns", "i8", "when it was planted"),
            ("p_break_before", "f8", "chance of a break once touched, known of its kind before anything happened"),
            ("trigger_ticks", "i8", "distance of the own best at which the mechanism begins"),
            ("shown", "i8", "displayed size of the mechanism's own orders: at its price, or per price of its zone"),
            ("reserve", "i8", "hidden size of a wall, or what an absorbing level may put back"),
            ("add_factor", "f8", "factor of arrivals in the zone while at work"),
            ("cancel_factor", "f8", "factor of withdrawals in the zone while at work"),
            ("refill", "f8", "chance that a fill is put back in time"),
            ("push", "f8", "log-tilt of aggressors towards the level"),
            ("gamma", "f8", "dealers' gamma, contracts per point; positive: they sell rallies. With options: the aim"),
            ("touched_ns", "i8", "first touch, 0 if never"),
            ("decided_ns", "i8", "when the outcome was known, 0 if the session ended before"),
            ("outcome", "str", "BREAK, BOUNCE, CHOP, EXPIRED (never touched) or OPEN"),
        ),
        "events": (
            ("ts_ns", "i8", "when"),
            ("level", "i8", "number of the planted level"),
            ("event", "str", "LevelEvent: PLANTED, ON and OFF of its mechanism, TOUCH, the outcomes, PHASE, GONE"),
            ("left", "i8", "contracts still hidden or unspent"),
            ("bid", "i8", "best bid then, ticks"),
            ("ask", "i8", "best ask then, ticks"),
        ),
        "states": (
            ("ts_ns", "i8", "the snap"),
            ("level", "i8", "number of the planted level"),
            ("state", "i8", "BarrierState by the decision tree on true flows with scales of the quarter hours around"),
            ("mechanism_on", "i8", "1 while its mechanism was at work in the bucket"),
            ("buckets", "i8", "window the state rests on: 40 buckets, fewer since its mechanism began to act"),
            ("added", "i8", "netted flow into the zone over the window"),
            ("pulled", "i8", "netted flow out of it"),
            ("filled", "i8", "traded in it"),
            ("depth_start", "i8", "displayed in the zone before the window"),
            ("depth_end", "i8", "displayed in it now"),
            ("distance_ticks", "i8", "from the own best; negative when it is beyond the level"),
            ("theta", "f8", "threshold of net flow"),
            ("theta_dep", "f8", "threshold of depletion"),
            ("fill_threshold", "f8", "threshold of fills"),
            ("usual_depth", "f8", "usual in a zone at that distance"),
            ("ratio", "f8", "replenishment ratio R"),
            ("fill_share", "f8", "phi, the share of losses that traded"),
            *_BEYOND,
        ),
        "other_side": (
            ("ts_ns", "i8", "the snap"),
            ("level", "i8", "number of the planted level at whose price the other side's zone is judged"),
            ("state", "i8", "BarrierState of the side on which nothing is planted, as in states"),
            ("filled", "i8", "traded in it over the last ten seconds"),
            ("distance_ticks", "i8", "from that side's best; negative when it is beyond the level"),
            *_BEYOND,
        ),
        "linear_gamma": (
            ("ts_ns", "i8", "when it changed"),
            ("gamma", "f8", "dealers' gamma from here on where no options stand behind it, contracts per point"),
        ),
        "oracle": (
            ("level", "i8", "number of the planted level"),
            ("ts_ns", "i8", "its first touch, from which the futures were run"),
            ("paths", "i8", "futures run"),
            ("p_break", "f8", "share that broke it"),
            ("p_bounce", "f8", "share that bounced"),
            ("p_chop", "f8", "share that did neither within the horizon"),
        ),
    }
)
"""File name without ending -> its columns."""

OPTION_FILES: Final[Mapping[str, tuple[Column, ...]]] = MappingProxyType(
    {
        "options": (
            ("instrument_id", "i8", "the contract's id in the records; ascending"),
            ("symbol", "str", "the venue's symbol"),
            ("strike_e9", "i8", "strike"),
            ("right", "str", "C or P"),
            ("expiry_ns", "i8", "when it expires"),
            ("open_interest", "i8", "as published"),
            ("opening", "i8", "dealers' position at the start: normal around 0, deviation 15 % of the open interest"),
            ("on_share", "i8", "1: on the share, 100 each; 0: on the future, one future each"),
            ("dealer_share", "f8", "share of the customers' trades that dealers take, the same for all contracts"),
            ("usual_ratio", "f8", "future / share that the planted levels' dollars rest on; 1 on the future"),
        ),
        "option_trades": (
            ("ts_ns", "i8", "when"),
            ("instrument_id", "i8", "contract"),
            ("price_e9", "i8", "price"),
            ("size", "i8", "contracts"),
            ("side", "str", "what the customer did: B bought, A sold"),
            ("with_dealer", "i8", "1: from or to dealers; 0: between customers"),
        ),
        "inventory": (
            ("ts_ns", "i8", "when it changed"),
            ("instrument_id", "i8", "contract"),
            ("contracts", "i8", "dealers' position from here on"),
        ),
        "hedges": (
            ("ts_ns", "i8", "when dealers decided"),
            ("due_ns", "i8", "when the order reaches the book"),
            ("side", "str", "B buys futures, A sells"),
            ("size", "i8", "futures"),
        ),
        "option_seconds": (
            ("ts_ns", "i8", "the second's end"),
            ("future", "f8", "the future's mid, points"),
            ("ratio", "f8", "future / share; 1 where options are on the future"),
            ("years", "f8", "variance time to the expiry, years of 252 regular sessions weighted by their liveliness"),
        ),
        "vols": (
            ("ts_ns", "i8", "the second's end"),
            ("strike_e9", "i8", "strike, ascending within a second"),
            ("vol", "f8", "true volatility a year"),
        ),
    }
)
"""Those that only a session with options has."""
