"""The vendor's snapshot of an option chain: all of its pages, or a reason why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from spymaster.feeds.massive_live.conditions import Condition, ConditionCodes
from spymaster.feeds.massive_live.strikes import Listed
from spymaster.feeds.massive_rest.pages import pages
from spymaster.feeds.massive_rest.rest_client import RestClient, RestError
from spymaster.market.kinds import PRICE_SCALE
from spymaster.market.option_chain import CALL, PUT

_CHAIN: Final = "/v3/snapshot/options/"
_CONDITIONS: Final = "/v3/reference/conditions"
_PAGE: Final = "250"
_CONDITIONS_PAGE: Final = "1000"
_RIGHTS: Final = {"call": CALL, "put": PUT}
_TAPE: Final = "OPRA"
_OF_TRADES: Final = "trade"

_Price = Annotated[float, msgspec.Meta(ge=0, le=9e6)]
_Count = Annotated[float, msgspec.Meta(ge=0, le=2**53)]
_Time = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Details(msgspec.Struct):
    """Terms of a contract."""

    ticker: str
    contract_type: str
    expiration_date: str
    strike_price: _Price
    shares_per_contract: _Count = 100.0


class Greeks(msgspec.Struct):
    """The vendor's greeks, each None where it gives none."""

    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None


class LastQuote(msgspec.Struct):
    """The quote a snapshot rests on."""

    bid: _Price | None = None
    ask: _Price | None = None
    last_updated: _Time = 0


class UnderlyingAsset(msgspec.Struct):
    """The share a snapshot rests on."""

    price: _Price | None = None
    last_updated: _Time = 0


class Day(msgspec.Struct):
    """What was traded today."""

    volume: _Count | None = None


class Contract(msgspec.Struct):
    """One contract of a snapshot."""

    details: Details
    greeks: Greeks | None = None
    implied_volatility: float | None = None
    open_interest: _Count | None = None
    last_quote: LastQuote | None = None
    underlying_asset: UnderlyingAsset | None = None
    day: Day | None = None

    @property
    def is_listed(self) -> bool:
        """Whether it is a call or a put with a strike; a market may list other things."""
        return self.details.contract_type in _RIGHTS and self.details.strike_price > 0

    def listed(self) -> Listed:
        """Its terms."""
        d = self.details
        strike_e9 = round(d.strike_price * PRICE_SCALE)
        return Listed(d.ticker, strike_e9, _RIGHTS[d.contract_type], d.expiration_date, round(d.shares_per_contract))


class _Mapping(msgspec.Struct):
    OPRA: str | None = None


class _Condition(msgspec.Struct):
    id: int
    name: str = ""
    data_types: list[str] = []
    sip_mapping: _Mapping | None = None


class ChainSnapshot(msgspec.Struct, frozen=True):
    """All contracts of one expiry, each once; ``rejected``: reason -> entries left out."""

    contracts: tuple[Contract, ...]
    pages: int
    rejected: dict[str, int]


def fetch_chain(client: RestClient, underlying: str, expires: str) -> ChainSnapshot:
    """Every page of the options on ``underlying`` that expire on ``expires`` (yyyy-mm-dd). Raises RestError.

    A chain with a page missing is no chain: what is not whole is refused.
    """
    rejected: Counter[str] = Counter()
    found: dict[str, Contract] = {}
    path = f"{_CHAIN}{underlying}"
    count = 0
    for raw in pages(client, path, expiration_date=expires, limit=_PAGE):
        count += 1
        for entry in raw:
            try:
                contract = msgspec.json.decode(entry, type=Contract)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                rejected["malformed contract"] += 1
                continue
            if contract.details.ticker in found:
                rejected["contract that was on an earlier page"] += 1
            elif contract.is_listed and contract.details.expiration_date == expires:
                found[contract.details.ticker] = contract
            else:
                rejected["contract that was not asked for"] += 1
    return ChainSnapshot(tuple(found.values()), count, dict(rejected))


def fetch_conditions(client: RestClient) -> ConditionCodes:
    """The vendor's list of option conditions. Raises RestError."""
    told = []
    for raw in pages(client, _CONDITIONS, asset_class="options", limit=_CONDITIONS_PAGE):
        for entry in raw:
            try:
                told.append(msgspec.json.decode(entry, type=_Condition))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
    if not told:
        raise RestError(f"{_CONDITIONS}: an empty list")
    return ConditionCodes.of(_conditions(told), "the vendor's list")


def _conditions(told: Iterable[_Condition]) -> Iterable[Condition]:
    for one in told:
        letter = one.sip_mapping.OPRA if one.sip_mapping is not None else None
        if letter:
            yield Condition(one.id, letter.strip(), one.name, not one.data_types or _OF_TRADES in one.data_types)
