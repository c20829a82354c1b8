"""Whose bars those of a table are that tells its contracts apart by the venue's ids, with one name for all or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from spymaster.feeds.bars.contracts import ContractChoice
from spymaster.feeds.errors import SourceError
from spymaster.market.instruments import Instrument

if TYPE_CHECKING:
    from spymaster.feeds.bars.table import BarColumns

NO_ID: Final = -1
_MENTIONED: Final = 4


def pick_by_id(
    path: Path, bars: BarColumns, instrument: Instrument, contracts: ContractChoice, problems: list[str]
) -> BarColumns:
    """The bars of one id a minute, chosen as by name: the instrument's own, else those traded most in each session.

    What was chosen is added to ``problems``. Ids say nothing of the product: without a name beside them they settle
    nothing unless the instrument's own is among them. Raises SourceError where that leaves several for one minute.
    """
    ids = bars.instrument_id
    if ids is None:
        return bars
    held = np.unique(ids).tolist()
    if len(held) == 1:
        return bars
    if instrument.instrument_id in held:
        others = [number for number in held if number != instrument.instrument_id]
        problems.append(
            f"{path}: bars of instrument_id {_told(others)} left out: "
            f"those of {instrument.symbol} are {instrument.instrument_id}"
        )
        return bars.only(ids == instrument.instrument_id)
    minutes = np.stack((bars.start_ns, ids), axis=1)
    if len(np.unique(minutes, axis=0)) == len(np.unique(bars.start_ns)):
        return bars
    if bars.contract is None:
        raise SourceError(
            path,
            f"holds bars of several contracts, told apart by instrument_id alone ({_told(held)}), and none is that of "
            f"{instrument.symbol} ({instrument.instrument_id})",
            "add a column symbol, or name bars of one contract",
        )
    names = np.array([f"instrument_id {number}" for number in ids.tolist()], dtype=object)
    return contracts.front_of_each_session(path, bars, names, problems)


def _told(ids: list[int]) -> str:
    more = f" and {len(ids) - _MENTIONED} more" if len(ids) > _MENTIONED else ""
    return ", ".join("none" if number == NO_ID else str(number) for number in ids[:_MENTIONED]) + more
