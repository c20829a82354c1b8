"""Practice beside the ladder: what is set, what works, where the position stands in R, what became of the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spymaster.practice.standing import PracticeStanding, PracticeTrade, WorkingOrder
from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import Line, Row, Rows
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import signed
from spymaster.view.drawing.part_rows import text_row
from spymaster.view.drawing.sections import Section, column_rows
from spymaster.view.state import PracticeChoice, ViewState

WORD: Final = "PRACTICE"
_INKS: Final = {1: "bid", -1: "ask"}
_ROLES: Final = {"entry": "", "stop": "stop", "target": "target", "flat": "out"}
_WIDE: Final = 30


@dataclass(frozen=True, slots=True)
class PracticeLook:
    """What the panel depends on besides the orders. ``tick_size`` in points; ``last``: the last traded tick."""

    width: int
    height: int
    tick_size: float
    last: int
    glyphs: str

    @property
    def wide(self) -> bool:
        """Room for words."""
        return self.width >= _WIDE

    def price(self, ticks: float) -> str:
        """A price in points."""
        return f"{ticks * self.tick_size:.2f}"

    def r(self, value: float) -> str:
        """A number of R."""
        return f"{signed(value, 2, SETS[self.glyphs].minus)}R"


def practice_of(frame: Frame | None) -> PracticeStanding | None:
    """What is practised, None where nobody practises."""
    return frame.replay.practice if frame is not None and frame.replay is not None else None


def panel(frame: Frame, state: ViewState, width: int, height: int) -> Rows:
    """The panel in the place of the focus; nothing where nobody practises."""
    standing = practice_of(frame)
    return _rows(standing, state.practice, _look(frame, state, width, height)) if standing is not None else ()


def row(frame: Frame | None, state: ViewState, width: int) -> Rows:
    """All of it in one row, where there is no room for the panel; nothing where nobody practises."""
    standing = practice_of(frame)
    if frame is None or standing is None:
        return ()
    return (_line(standing, state.practice, _look(frame, state, width, 1)),)


def marks(frame: Frame, state: ViewState) -> Mapping[int, tuple[str, str]]:
    """Tick -> mark and ink on the ladder's prices: the cursor, and what works."""
    standing, choice = practice_of(frame), state.practice
    if standing is None:
        return {}
    last = frame.header.es_last_tick
    marks = {choice.cursor if choice.cursor is not None else last: ("", "selected")}
    for order in standing.orders:
        letter = {"entry": "B" if order.side > 0 else "S", "stop": "x", "target": "o"}.get(order.role)
        if letter is not None:
            marks[order.tick] = (letter, _INKS[order.side])
    return marks


def _look(frame: Frame, state: ViewState, width: int, height: int) -> PracticeLook:
    return PracticeLook(width, height, frame.header.tick_size, frame.header.es_last_tick, state.glyphs)


def _rows(standing: PracticeStanding, choice: PracticeChoice, look: PracticeLook) -> Rows:
    current = standing.current
    sections = [
        Section(0, (_head(standing, choice, look),)),
        Section(1, (_current(current, standing, look),)) if current else Section(1, (_idle(choice, look),)),
        Section(2, (_sum(standing, look),)),
        Section(3, tuple(_past(standing, look, most) for most in (12, 6, 3, 1))),
        Section(4, (_idle(choice, look) if current else (),)),
    ]
    return column_rows([section for section in sections if section.variants[0]], look.width, look.height)


def _line(standing: PracticeStanding, choice: PracticeChoice, look: PracticeLook) -> Row:
    current = standing.current
    line = Line(look.width)
    x = line.put(0, WORD, "degraded", bold=True) + 1
    if current is None:
        said = f"{standing.rules.words}  {_setting(choice, look.glyphs)}  cursor {_cursor(choice, look)}"
        if standing.trades:
            said = f"{_ended(standing.trades[0], look)}  {said}"
        line.put(x, said[: look.width - x], "text")
        return line.row()
    ink = _INKS[current.side]
    x = line.put(x, _title(current, look), ink, bold=True) + 2
    parts = _facts(current, standing, look)
    for name, value, value_ink in parts:
        if x + len(name) + 1 + len(value) + 2 > look.width:
            break
        x = line.runs(x, [(f"{name} ", "muted"), (value, value_ink)]) + 2
    return line.row()


def _head(standing: PracticeStanding, choice: PracticeChoice, look: PracticeLook) -> Rows:
    rules, width = standing.rules, look.width
    rows = [text_row(width, WORD, "degraded", bold=True, right="paper only" if look.wide else "paper")]
    if look.wide:
        rows.append(text_row(width, f"latency {rules.latency_ms:g} ms", right=f"cancels ahead {rules.cancels_ahead:g}"))
    else:
        rows.append(text_row(width, "latency", right=f"{rules.latency_ms:g} ms"))
        rows.append(text_row(width, "cancels ahead", right=f"{rules.cancels_ahead:g}".removeprefix("0") or "0"))
    rows.append(text_row(width, _setting(choice, look.glyphs), "text"))
    rows.append(text_row(width, "cursor", right=_cursor(choice, look), right_ink="bright"))
    return tuple(rows)


def _setting(choice: PracticeChoice, glyphs: str) -> str:
    minus = SETS[glyphs].minus
    return f"{choice.size} lot {minus}{choice.stop_ticks} +{choice.target_ticks}"


def _cursor(choice: PracticeChoice, look: PracticeLook) -> str:
    return look.price(choice.cursor if choice.cursor is not None else look.last)


def _idle(choice: PracticeChoice, look: PracticeLook) -> Rows:
    rows = ["u buy  d sell", "^u ^d at market", "Z set  x out", "P export  B off"]
    if look.wide:
        rows = ["u buy, d sell at the cursor", "Ctrl+U, Ctrl+D at the market", "Z sizes, x out, P export, B off"]
    if choice.cursor is None:
        rows.append("j k: the cursor" if look.wide else "j k cursor")
    return tuple(text_row(look.width, text) for text in rows)


def _title(trade: PracticeTrade, look: PracticeLook) -> str:
    word = "LONG" if trade.side > 0 else "SHORT"
    if trade.status == "open":
        return f"{word} {trade.open} @{look.price(trade.entry)}"
    buy = "BUY" if trade.side > 0 else "SELL"
    return f"{buy} {trade.size} {trade.kind}"


def _current(trade: PracticeTrade | None, standing: PracticeStanding, look: PracticeLook) -> Rows:
    if trade is None:
        return ()
    rows = [text_row(look.width, _title(trade, look), _INKS[trade.side], bold=True)]
    if trade.foreseen:
        rows.append(text_row(look.width, "seen: not counted", "degraded"))
    return tuple(rows) + tuple(
        text_row(look.width, name, right=value, right_ink=ink) for name, value, ink in _facts(trade, standing, look)
    )


def _facts(trade: PracticeTrade, standing: PracticeStanding, look: PracticeLook) -> list[tuple[str, str, str]]:
    """Name, value and ink of what is to be known of a bracket, the most needed first."""
    facts: list[tuple[str, str, str]] = []
    risk = trade.risk
    if trade.open and risk:
        now = standing.mark / risk
        facts.append(("now", look.r(now), "bid" if now > 0 else "ask" if now < 0 else "text"))
        facts.append(("MAE", look.r(trade.adverse / risk), "text"))
        facts.append(("MFE", look.r(trade.favourable / risk), "text"))
    for order in _merged(standing.orders):
        facts.append(_order(order, look))
    return facts


def _merged(orders: tuple[WorkingOrder, ...]) -> list[WorkingOrder]:
    """One order for each role: what protects is sent in as many parts as the entry was filled in."""
    by_role: dict[str, WorkingOrder] = {}
    for order in orders:
        first = by_role.get(order.role)
        if first is None:
            by_role[order.role] = order
        else:
            by_role[order.role] = WorkingOrder(
                *(first.role, first.side, first.kind, first.tick, first.left + order.left, first.ahead, first.at_venue)
            )
    return list(by_role.values())


def _order(order: WorkingOrder, look: PracticeLook) -> tuple[str, str, str]:
    name = _ROLES[order.role] or order.kind
    if not order.at_venue:
        return name, "on its way", "muted"
    if order.kind == "market":
        return name, "at market", "text"
    price = look.price(order.tick)
    if order.kind == "stop":
        return name, price, "text"
    queue = "unseen" if order.ahead is None else f"{order.ahead:.0f} ahead"
    return (name, f"{price} {queue}", "text") if look.wide else (name, queue, "text")


def _sum(standing: PracticeStanding, look: PracticeLook) -> Rows:
    if not standing.trades or standing.trades == (standing.current,):
        return ()
    word = f"{standing.counted} counted"
    total = f"MAE, MFE, R; sum {look.r(standing.sum_r)}" if look.wide else look.r(standing.sum_r)
    return (text_row(look.width, word, right=total, right_ink="text"),)


def _past(standing: PracticeStanding, look: PracticeLook, most: int) -> Rows:
    over = [trade for trade in standing.trades if trade is not standing.current][:most]
    return tuple(
        text_row(look.width, _past_name(trade, look), "text" if trade.counts else "muted", right=_became(trade, look))
        for trade in over
    )


def _past_name(trade: PracticeTrade, look: PracticeLook) -> str:
    buy = ("buy" if trade.side > 0 else "sell") if look.wide else ("B" if trade.side > 0 else "S")
    by = trade.by or trade.status
    return f"{trade.number} {buy} {by if trade.status == 'closed' else trade.status}"


def _became(trade: PracticeTrade, look: PracticeLook) -> str:
    if trade.status != "closed":
        return ""
    seen = "seen " if trade.foreseen and look.wide else "~" if trade.foreseen else ""
    if not look.wide:
        return f"{seen}{look.r(trade.r)}"
    return f"{seen}{look.r(trade.adverse / trade.risk)} {look.r(trade.favourable / trade.risk)} {look.r(trade.r)}"


def _ended(trade: PracticeTrade, look: PracticeLook) -> str:
    return f"{_past_name(trade, look)} {_became(trade, look)}".strip()
