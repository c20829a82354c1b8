"""How a configuration field is documented: its meaning, its unit and the range it may take, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from spymaster.market.levels import LevelKind


def number(low: float, high: float, unit: str, meaning: str) -> Meta:
    """A number from ``low`` to ``high``, both allowed."""
    return Meta(ge=low, le=high, description=f"{meaning} Unit: {unit}.", extra={"unit": unit})


def seconds(low: float, high: float, meaning: str) -> Meta:
    """A time of ``low`` to ``high`` seconds."""
    return number(low, high, "s", meaning)


def share(meaning: str) -> Meta:
    """A fraction from 0 to 1."""
    return number(0.0, 1.0, "fraction of 1", meaning)


def score(meaning: str) -> Meta:
    """A smoothed score from 0 (reject) to 100 (break)."""
    return number(0.0, 100.0, "score 0-100", meaning)


def price(low: float, high: float, meaning: str) -> Meta:
    """A distance in what the profile's levels are in."""
    return number(low, high, "ES points in es, SPY dollars in spy", meaning)


def choice(meaning: str) -> Meta:
    """One of the words or numbers that the type lists, or true or false."""
    return Meta(description=f"{meaning} Unit: none.", extra={"unit": "none"})


def text(pattern: str, form: str, unit: str, meaning: str) -> Meta:
    """A string of a form that a regular expression checks and ``form`` says in words."""
    return Meta(pattern=pattern, description=f"{meaning} Unit: {unit}.", extra={"unit": unit, "form": form})


def words(form: str, meaning: str) -> Meta:
    """A list or a table of a form that ``form`` says in words."""
    return Meta(description=f"{meaning} Unit: none.", extra={"unit": "none", "form": form})


if TYPE_CHECKING:
    LevelKindName = str
else:
    LevelKindName = Literal[tuple(LevelKind.__members__)]

WTape = Annotated[float, seconds(1, 600, "Window of the tape's volumes and imbalance.")]
MonitorBand = Annotated[float, price(0.05, 50, "A level is scored while the price is within this distance of it.")]
TouchBand = Annotated[float, price(0.01, 5, "A trade within this distance of a level touches it.")]
ConfluenceBand = Annotated[float, price(0.01, 50, "Levels within this distance of each other back each other.")]
StrikeRange = Annotated[float, price(0.5, 500, "STRIKE and ROUND levels this far from the price are published.")]
FuelStrikeRange = Annotated[
    float, price(0.5, 500, "Strikes within this distance of a level count for the hedging expected there.")
]
TapeBand = Annotated[float, price(0.01, 20, "Trades within this distance of a level are that level's tape.")]
RoundStep = Annotated[float, price(0.25, 1000, "Distance between ROUND levels.")]
SignalWindow = Annotated[
    str,
    text(
        r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        'a span of the day such as "09:30-16:00"',
        "time of day in New York",
        "Signals raised inside this span ring; outside it they are computed, drawn muted and silent.",
    ),
]
PremarketOpen = Annotated[
    str,
    text(
        r"^(0[0-8]:[0-5]\d|09:[0-2]\d|(1[89]|2[0-3]):[0-5]\d)$",
        'a time before 09:30, or from 18:00 on of the evening before, such as "04:00"',
        "time of day in New York",
        "When the pre-market begins, whose extremes are PM_HIGH and PM_LOW; it ends with the regular opening.",
    ),
]
LevelKinds = Annotated[
    tuple[LevelKindName, ...],
    choice(
        "The kinds of level that are watched. POC, VAH and VAL, the volume profile's, are off until they are named."
    ),
]
