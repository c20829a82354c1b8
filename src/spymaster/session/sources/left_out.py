"""Which files of a source are of use beside a contract, and why others are not."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.config.profiles import Profile
from spymaster.feeds.choice.candidates import PRICED_KINDS
from spymaster.feeds.dbn.files import DbnFile
from spymaster.market.kinds import Kind
from spymaster.market.venues import AssetClass, asset_class
from spymaster.session.sources.contract_periods import ContractPeriod


def is_of_stock(file: DbnFile) -> bool:
    """Whether a file holds quotes, trades or depth of stocks."""
    return file.kind in PRICED_KINDS and asset_class(file.dataset, file.header.symbols) is AssetClass.EQUITY


def is_deep(file: DbnFile) -> bool:
    """Whether a file holds depth."""
    if file.kind is not None:
        return file.kind is Kind.MBP10
    return Kind.MBP10 in file.head.arrays or Kind.MBP10 in file.survey.kinds


def why_left_out(file: DbnFile, profile: Profile, periods: Sequence[ContractPeriod]) -> str:
    """Why a file of a stock beside a future is left out, in a line."""
    used = [period.equity for period in periods if period.equity is not None]
    if not profile.underlying_symbol:
        why = f"profile {profile.name} uses no stock beside {periods[0].instrument.symbol}"
    elif used and profile.underlying_symbol in {span.symbol for span in file.spans}:
        why = f"{profile.underlying_symbol} is taken from {used[0].files[0].path.name}, under another id"
    else:
        why = f"no trades or quotes of {profile.underlying_symbol} in it"
    return f"{file.path}: not used: {why}"
