"""Why a kind of level is watched but not published at a moment, in words: which input is missing, and what gives it."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from spymaster.config.profiles import Profile
from spymaster.feeds.bars.bars import Bars
from spymaster.market.instruments import Instrument
from spymaster.market.levels import MAX_PUBLISHED, LevelKind, MadeOf
from spymaster.market.sessions import et_time

BARS_GIVEN_BY: Final = "--warmup PATH gives minute bars of it"
_ENDED_SPANS: Final = (MadeOf.PREMARKET, MadeOf.OPENING, MadeOf.OVERNIGHT)
"""Their levels stand once the span is over."""
_BAR_MINUTES: Final = 2


class Moment(msgspec.Struct, frozen=True):
    """What is known about the moment levels are asked for.

    ``t_ns``: of the snap; ``begins_ns``: of the recording's first record; ``session``: the SESSION of the moment.
    ``bars``: the minute bars given before the recording. ``published``: how many levels were.
    ``follows``: the contract before this one in the source, whose prices its levels cannot rest on.
    """

    t_ns: int
    begins_ns: int
    session: np.void
    profile: Profile
    bars: Bars
    has_options: bool
    published: int
    follows: Instrument | None = None

    @property
    def other(self) -> str:
        """What is left out, where the contract changed: nothing, or words to put behind a reason."""
        if self.follows is None:
            return ""
        name = f"{self.follows.symbol} (id {self.follows.instrument_id})"
        return f"; what was before is of {name}, another contract: levels that rest on its prices are left out"

    def saw(self, from_ns: int, until_ns: int) -> bool:
        """Whether recording or bars reach into a span of time."""
        starts = self.bars["ts_event"].astype(np.int64)
        recorded = self.begins_ns < until_ns and self.t_ns > from_ns
        return recorded or bool(((starts >= from_ns) & (starts < until_ns)).any())


def why_unpublished(kind: LevelKind, moment: Moment) -> str:
    """Why no level of a kind was published."""
    reason = _missing_input(kind, moment)
    if reason is None and moment.published >= MAX_PUBLISHED:
        reason = f"farther away than the {MAX_PUBLISHED} nearest levels, which is as many as are published"
    return reason or "not known from what was seen by this moment"


def _missing_input(kind: LevelKind, moment: Moment) -> str | None:
    made_of = kind.made_of
    if made_of is MadeOf.WISH:
        return "none was asked for; --level PRICE or --levels NAME|FILE adds some"
    if made_of is MadeOf.OPTIONS:
        return None if moment.has_options else "needs option trades and quotes; the source holds none"
    if made_of is MadeOf.PRICE:
        return f"none lies within {moment.profile.strike_range:g} of the price"
    if made_of is MadeOf.CHART:
        return _average_reason(kind.bars, moment)
    if made_of is MadeOf.PRIOR_SESSION:
        opens = int(moment.session["open_ns"])
        seen = moment.begins_ns < opens or bool((moment.bars["ts_event"].astype(np.int64) < opens).any())
        return None if seen else f"nothing was seen of the session before{moment.other}; {BARS_GIVEN_BY}"
    return _span_reason(made_of, moment)


def _average_reason(count: int, moment: Moment) -> str | None:
    minutes = len(np.unique(moment.bars["ts_event"]))
    minutes += max(moment.t_ns - moment.begins_ns, 0) // 60_000_000_000
    if minutes >= count * _BAR_MINUTES:
        return None
    return (
        f"needs {count} closed two-minute bars; {minutes} minutes were seen, {len(moment.bars)} of them bars given "
        f"before the recording{moment.other}; --warmup PATH gives more"
    )


def _span_reason(made_of: MadeOf, moment: Moment) -> str | None:
    """The reason for levels made of a span of the day: which it is, whether it has come, whether it was seen."""
    session = moment.session
    opens, rth_open, rth_close = (int(session[key]) for key in ("open_ns", "rth_open_ns", "rth_close_ns"))
    if rth_open == 0 and (made_of is not MadeOf.SESSION or moment.profile.is_spy):
        return "this date has no regular hours"
    premarket = int(session["premarket_open_ns"])
    regular = (rth_open, rth_close, "09:30 ET")
    whole = (opens, int(session["close_ns"]), "the session's opening")
    spans = {
        MadeOf.PREMARKET: (premarket, rth_open, f"{et_time(premarket):%H:%M} to 09:30 ET"),
        MadeOf.OPENING: (rth_open, int(session["or_end_ns"]), "09:30 to 09:45 ET"),
        MadeOf.OVERNIGHT: (opens, rth_open, "18:00 to 09:30 ET"),
        MadeOf.REGULAR: regular,
        MadeOf.SESSION: regular if moment.profile.is_spy else whole,
    }
    from_ns, until_ns, told = spans[made_of]
    known_from = until_ns if made_of is MadeOf.OPENING else from_ns
    if moment.t_ns <= known_from:
        return f"made of {told}, which is still to come" if made_of in _ENDED_SPANS else f"begins at {told}"
    if not moment.saw(from_ns, until_ns):
        return f"nothing was seen of {told}{moment.other}; {BARS_GIVEN_BY}"
    return None
