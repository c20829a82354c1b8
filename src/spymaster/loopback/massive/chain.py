"""The option chain of a loopback Massive server: quotes so far, with volatilities and greeks worked out from them."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any, Final

from spymaster.loopback.massive.reel import OPTIONS, STOCKS, MassiveReel, starting_at
from spymaster.market.kinds import NS_PER_S
from spymaster.market.sessions import et_ns

_YEAR_S: Final = 365 * 86_400
_ROOT: Final = 8
_CLOSE: Final = dt.time(16, 0)


class LoopbackChain:
    """What the vendor's chain snapshot says at a time."""

    def __init__(self, reel: MassiveReel) -> None:
        self._reel = reel

    def rows(self, now_ns: int, expires: str | None = None) -> list[dict[str, Any]]:
        """One object a contract, by symbol. ``expires``: yyyy-mm-dd, None for every day."""
        spot = self._spot(now_ns)
        quotes = self._quotes(now_ns)
        found = []
        for symbol in self._reel.option_symbols:
            terms = _terms(symbol)
            if expires is None or terms["expiration_date"] == expires:
                found.append(self._row(symbol, terms, quotes.get(symbol), spot, now_ns))
        return found

    def trades(self, symbol: str, from_ns: int, until_ns: int) -> list[dict[str, Any]]:
        """Trades of a symbol in [from, until), oldest first, as the REST interface has them."""
        cluster = OPTIONS if symbol.startswith("O:") else STOCKS
        found = []
        for event in self._reel.clusters.get(cluster, ()):
            if event.topic == f"T.{symbol}" and from_ns <= event.due_ns < until_ns:
                told = json.loads(event.data)
                found.append(
                    {
                        "conditions": told.get("c", []),
                        "exchange": told.get("x", 0),
                        "price": told["p"],
                        "sequence_number": told["q"],
                        "sip_timestamp": told["t"] * 1_000_000,
                        "size": told["s"],
                    }
                )
        return found

    def _row(
        self, symbol: str, terms: dict[str, Any], quote: dict[str, Any] | None, spot: float | None, now_ns: int
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "details": {"ticker": symbol, "exercise_style": "american", "shares_per_contract": 100, **terms},
            "open_interest": self._reel.open_interest.get(symbol, 0),
            "day": {"volume": 0},
            "greeks": {},
        }
        if spot is not None:
            row["underlying_asset"] = {"ticker": self._reel.underlying, "price": spot, "last_updated": now_ns}
        if quote is None:
            return row
        bid, ask = quote.get("bp", 0.0), quote.get("ap", 0.0)
        row["last_quote"] = {
            "bid": bid,
            "ask": ask,
            "midpoint": (bid + ask) / 2,
            "last_updated": quote["t"] * 1_000_000,
        }
        day = dt.date.fromisoformat(terms["expiration_date"])
        years = (et_ns(day, _CLOSE) - now_ns) / NS_PER_S / _YEAR_S
        if spot is not None and years > 0 and 0 < bid < ask:
            is_call = terms["contract_type"] == "call"
            volatility = implied(spot, terms["strike_price"], years, (bid + ask) / 2, is_call=is_call)
            if volatility is not None:
                row["implied_volatility"] = volatility
                row["greeks"] = greeks(spot, terms["strike_price"], years, volatility, is_call=is_call)
        return row

    def _spot(self, now_ns: int) -> float | None:
        events = self._reel.clusters.get(STOCKS, ())
        for place in range(starting_at(events, now_ns) - 1, -1, -1):
            if events[place].topic == f"Q.{self._reel.underlying}":
                told = json.loads(events[place].data)
                return float(told["bp"] + told["ap"]) / 2
        return None

    def _quotes(self, now_ns: int) -> dict[str, dict[str, Any]]:
        """The latest quote of each contract."""
        events = self._reel.clusters.get(OPTIONS, ())
        latest: dict[str, bytes] = {}
        wanted = len(self._reel.option_symbols)
        for place in range(starting_at(events, now_ns) - 1, -1, -1):
            event = events[place]
            if event.topic.startswith("Q."):
                latest.setdefault(event.topic[2:], event.data)
                if len(latest) == wanted:
                    break
        return {symbol: json.loads(data) for symbol, data in latest.items()}


def _terms(symbol: str) -> dict[str, Any]:
    """Expiry, right and strike out of the name of a listed option: ``O:SPY260317C00675000``."""
    tail = symbol[-(6 + 1 + _ROOT) :]
    day = f"20{tail[:2]}-{tail[2:4]}-{tail[4:6]}"
    right = "call" if tail[6] == "C" else "put"
    return {"contract_type": right, "expiration_date": day, "strike_price": int(tail[7:]) / 1000}


def greeks(spot: float, strike: float, years: float, volatility: float, *, is_call: bool) -> dict[str, float]:
    """Delta, gamma, theta a day and vega a point of volatility after Black and Scholes, without interest."""
    spread = volatility * math.sqrt(years)
    d1 = math.log(spot / strike) / spread + spread / 2
    density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    delta = _normal(d1) - (0.0 if is_call else 1.0)
    return {
        "delta": delta,
        "gamma": density / (spot * spread),
        "theta": -spot * density * volatility / (2 * math.sqrt(years)) / 365,
        "vega": spot * density * math.sqrt(years) / 100,
    }


def implied(spot: float, strike: float, years: float, price: float, *, is_call: bool) -> float | None:
    """The volatility that gives a price; None where none does."""
    low, high = 1e-3, 5.0
    if (
        not premium(spot, strike, years, low, is_call=is_call)
        < price
        < premium(spot, strike, years, high, is_call=is_call)
    ):
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if premium(spot, strike, years, middle, is_call=is_call) < price else (low, middle)
    return (low + high) / 2


def premium(spot: float, strike: float, years: float, volatility: float, *, is_call: bool) -> float:
    """Black and Scholes without interest."""
    spread = volatility * math.sqrt(years)
    d1 = math.log(spot / strike) / spread + spread / 2
    call = spot * _normal(d1) - strike * _normal(d1 - spread)
    return call if is_call else call - spot + strike


def _normal(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))
