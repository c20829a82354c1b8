"""The CONFIG of a live session: what a replay takes from files, taken from what the feeds have chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spymaster.config.params import build_params
from spymaster.market.frames import ConfigFrame, TapeFrom, UserLevel
from spymaster.market.instruments import Instrument
from spymaster.session.sources.trading_hours import config_hours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spymaster.config.profiles import Profile


def live_config(
    profile: Profile,
    instrument: Instrument,
    now_ns: int,
    *,
    contracts: NDArray[Any],
    equity: Instrument | None = None,
    user_levels: tuple[UserLevel, ...] = (),
    history_from_ns: int | None = None,
    tape_from: TapeFrom = TapeFrom.DEPTH,
) -> ConfigFrame:
    """The frame for a session that begins now; its sessions reach back over the bars of history.

    ``contracts``: CHAIN of the options of the day; none for no options. ``equity``: the share whose quotes convert.
    ``tape_from``: TRADES where there is no depth.
    """
    first_ns = min(now_ns, history_from_ns or now_ns)
    sessions, hours = config_hours(profile, instrument.calendar, first_ns, now_ns)
    return ConfigFrame(
        profile=profile.name,
        params=build_params(profile).tobytes(),
        instrument=instrument,
        tape_from=tape_from,
        user_levels=user_levels,
        sessions=sessions,
        equity=equity,
        chain=contracts.tobytes(),
        hours=hours,
    )
