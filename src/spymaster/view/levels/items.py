"""The levels of a frame as the panels read them: names, colours and numbers of one row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from spymaster.market.kinds import NO_TICK, PRICE_SCALE
from spymaster.market.levels import LevelKind, format_price_e9
from spymaster.market.rows import LEVEL_ROW, BarrierState, Confidence, Signal
from spymaster.signals.frame import Frame

_PLACE: Final = {name: index for index, name in enumerate(LEVEL_ROW.names or ())}

_KIND: Final = _PLACE["kind"]
_USER_INDEX: Final = _PLACE["user_index"]
_HELD: Final = _PLACE["held"]
_NAME_CELLS: Final = 10
_SHORT_CELLS: Final = 7
_RUNWAY: Final = tuple(_PLACE[f"runway_{name}"] for name in ("distance", "kind", "user_index", "price", "obstructed"))
_CHANCES: Final = tuple(
    _PLACE[f"p_{state.name.lower()}"] for state in BarrierState if state is not BarrierState.MISSING
)

HELD: Final = "="
"""Before the name of a level that is held: ``=SES_HI`` is where the session's high was, and no longer is."""

CONFIDENCE_NAMES: Final = ("LOW", "MED", "HIGH")


@dataclass(frozen=True, slots=True)
class Runway:
    """The way from a level to the next obstacle. ``direction`` +1 up, -1 down; ``distance``, ``price`` in the profile's
    unit; ``name``: of the obstacle, at most seven cells, empty for one that its price names."""

    direction: int
    distance: float
    name: str
    price: float
    obstructed: bool

    @property
    def to(self) -> str:
        """The obstacle in a word."""
        return self.name or f"{self.price:g}"


@dataclass(frozen=True, slots=True)
class LevelItem:
    """One level. Prices and distances in the profile's unit; NaN where absent; ``offset`` is level - spot.
    ``confluence``: other levels near it, -1 unknown; ``group``: centre of the group of levels it belongs to.
    ``running``: where a held level would be, NaN for one that is not held; ``place_only``: no level, such a place."""

    id: str
    name: str
    short: str
    role: str
    label: str
    price: float
    tick: int
    direction: int
    offset: float
    score: float
    signal: int
    confidence: int
    barrier: float
    fuel: float
    tape: float
    state: int
    chance: float
    in_window: bool
    in_band: bool
    delta_liq: float
    replenishment: float
    added: float
    pulled: float
    filled: float
    depth: float
    time_to_clear_s: float
    tape_imbalance: float
    velocity: float
    window_s: float
    confluence: int
    group: float
    runway: Runway | None
    running: float = math.nan
    place_only: bool = False

    @property
    def held(self) -> bool:
        """Whether the level stands still while what it is named after has moved on."""
        return not math.isnan(self.running)

    @property
    def signalling(self) -> bool:
        """Whether a signal is on."""
        return self.signal != Signal.NEUTRAL

    @property
    def seen(self) -> bool:
        """Whether there is a score: the level lies in the visible book and within the band."""
        return self.state != BarrierState.MISSING and not math.isnan(self.score)

    @property
    def arrow(self) -> int:
        """Where the signal expects the price to go: +1 up, -1 down, 0 for none. A rejection turns it back."""
        if self.signal == Signal.BREAK:
            return self.direction
        return -self.direction if self.signal == Signal.REJECT else 0


def level_items(frame: Frame) -> tuple[LevelItem, ...]:
    """All levels of a frame, nearest first."""
    rows = frame.levels.tolist()
    own = {
        row[_USER_INDEX]: view.label
        for row, view in zip(rows, frame.level_views, strict=False)
        if row[_KIND] == LevelKind.USER
    }
    held = frozenset(row[_KIND] for row in rows if row[_HELD] == 1.0)
    return tuple(_item(row, view.id, view.label, own, held) for row, view in zip(rows, frame.level_views, strict=False))


def running_places(items: tuple[LevelItem, ...], frame: Frame) -> tuple[LevelItem, ...]:
    """Where each held level would be, to be drawn beside the levels: the true extreme, by its plain name."""
    header = frame.header
    return tuple(
        replace(
            item,
            id=f"{item.id} now",
            name=item.name.removeprefix(HELD),
            short=item.short.removeprefix(HELD),
            price=item.running,
            tick=math.floor(item.running * header.ratio / header.tick_size + 0.5),
            offset=item.running - header.spot,
            score=math.nan,
            signal=Signal.NEUTRAL,
            state=BarrierState.MISSING,
            running=math.nan,
            place_only=True,
        )
        for item in items
        if item.held
    )


def _item(
    row: tuple[float, ...], ident: str, label: str, own: Mapping[float, str], held: frozenset[float]
) -> LevelItem:
    def get(name: str) -> float:
        return row[_PLACE[name]]

    kind = LevelKind(int(get("kind")))
    name, short = kind.label, kind.short
    if kind is LevelKind.USER and label:
        name, short = label, label[:_SHORT_CELLS]
    is_held = get("held") == 1.0
    if is_held:
        # the longest names have no cell to spare
        name, short = HELD + (name if len(name) < _NAME_CELLS else short), _held_short(short)
    chances = [row[place] for place in _CHANCES if not math.isnan(row[place])]
    state = _code(get("barrier_state"), BarrierState.MISSING)
    return LevelItem(
        id=ident,
        name=name,
        short=short,
        role=kind.role,
        label=label,
        price=get("price"),
        tick=_code(get("tick"), NO_TICK),
        direction=_code(get("direction"), 0),
        offset=get("price") - get("spot"),
        score=get("score"),
        signal=_code(get("signal"), Signal.NEUTRAL),
        confidence=_code(get("confidence_label"), Confidence.LOW),
        barrier=get("attribution_barrier"),
        fuel=get("attribution_fuel"),
        tape=get("attribution_tape"),
        state=state,
        chance=max(chances) if chances and state != BarrierState.MISSING else math.nan,
        in_window=get("in_window") == 1.0,
        in_band=get("in_band") == 1.0,
        delta_liq=get("delta_liq"),
        replenishment=get("replenishment"),
        added=get("added"),
        pulled=get("pulled"),
        filled=get("filled"),
        depth=get("depth_in_zone"),
        time_to_clear_s=get("time_to_clear_s"),
        tape_imbalance=get("tape_imbalance"),
        velocity=get("velocity"),
        window_s=get("window_s"),
        confluence=_code(get("confluence_count"), -1),
        group=get("confluence_centre"),
        runway=_runway(get("runway_direction"), tuple(row[place] for place in _RUNWAY), own, held),
        running=get("running_price") if is_held else math.nan,
    )


def _held_short(short: str) -> str:
    """``=SES_HI``, ``=SMA200``: within the rail's seven cells."""
    return HELD + (short if len(short) < _SHORT_CELLS else short.replace("_", ""))


def _runway(
    direction: float, fields: tuple[float, ...], own: Mapping[float, str], held: frozenset[float]
) -> Runway | None:
    """``fields``: distance, kind, index, price, obstructed; ``own``: labels of the user's levels by index;
    ``held``: kinds whose level is held."""
    distance, code, index, price, obstructed = fields
    if math.isnan(direction) or math.isnan(distance) or math.isnan(code):
        return None
    kind = LevelKind(int(code))
    name = "" if kind.priced else kind.short
    if kind is LevelKind.USER:
        name = own.get(index, "")[:_SHORT_CELLS]
    elif code in held:
        name = _held_short(name)
    return Runway(1 if direction > 0 else -1, distance, name, price, obstructed == 1.0)


def _code(value: float, absent: int) -> int:
    return absent if math.isnan(value) else int(value)


def facts_of(frame: Frame, level_id: str) -> dict[str, float]:
    """Every number of a level's row by its name; empty for a level that is not in the frame."""
    for row, view in zip(frame.levels, frame.level_views, strict=False):
        if view.id == level_id:
            return dict(zip(_PLACE, row.tolist(), strict=True))
    return {}


def stacked(items: tuple[LevelItem, ...], item: LevelItem) -> tuple[LevelItem, ...]:
    """The levels of the item's group, itself among them, from the highest price down; none where it has no group."""
    if math.isnan(item.group):
        return ()
    group = [each for each in items if abs(each.group - item.group) < 1e-6 or each.id == item.id]
    return tuple(sorted(group, key=lambda each: -each.price)) if len(group) > 1 else ()


def picked_item(items: tuple[LevelItem, ...], picked: str | None) -> LevelItem | None:
    """The chosen level, else the nearest."""
    for item in items:
        if item.id == picked:
            return item
    return items[0] if items else None


@lru_cache(maxsize=1024)
def level_text(level_id: str, price: float, width: int = 40) -> str:
    """A level as people say it: ``687 STRIKE``, ``687.34 VWAP``, ``6868.5 open``; with a shorter name if that is what
    fits ``width`` cells."""
    head = level_id.split("_")[0]
    own = level_id.removeprefix("USER_")
    name = head if head in ("ROUND", "STRIKE") or (head == "USER" and own[:1].isdigit()) else own
    kind = LevelKind.__members__.get(name)
    # to the cent: an average such as VWAP has no end of digits
    value = format_price_e9(round(price * 100) * (PRICE_SCALE // 100))
    if kind is None:
        return f"{value} {name}"
    long = f"{value} {kind.label}"
    return long if len(long) <= width else f"{value} {kind.short}"
