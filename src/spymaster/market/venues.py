"""What a dataset code and a symbol tell about the instrument behind them."""

from __future__ import annotations

import enum
import re
from typing import Final


class AssetClass(enum.Enum):
    """What is traded."""

    FUTURES = "futures"
    EQUITY = "equity"
    OPTIONS = "options"


_FUTURES_VENUES: Final = frozenset({"GLBX", "IFEU", "IFUS", "IFLL", "NDEX", "XEUR", "XEEE"})
_OPTION_VENUES: Final = frozenset({"OPRA"})

_FUTURES_OPTION: Final = re.compile(r"^[A-Z0-9]+ [CP]\d+(\.\d+)?$")
_LISTED_OPTION: Final = re.compile(r"^(O:)?[A-Z]{1,6} *\d{6}[CP]\d{8}$")


def is_option(symbol: str) -> bool:
    """True for ``ESM4 P5250``, ``ES.OPT``, ``SPY   230803C00444000`` and ``O:SPY230803C00444000``."""
    return bool(symbol.endswith(".OPT") or _FUTURES_OPTION.match(symbol) or _LISTED_OPTION.match(symbol))


def asset_class(dataset: str, symbols: tuple[str, ...] = ()) -> AssetClass:
    """The class of a dataset (``GLBX.MDP3``); a venue with several is settled by the symbols asked for."""
    venue = dataset.partition(".")[0]
    if venue in _OPTION_VENUES or (symbols and all(map(is_option, symbols))):
        return AssetClass.OPTIONS
    return AssetClass.FUTURES if venue in _FUTURES_VENUES else AssetClass.EQUITY
