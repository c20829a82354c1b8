"""One bracket as a position: what was entered and left, how far it stood for and against, and what that was worth."""

from __future__ import annotations

import msgspec
import numpy as np

from spymaster.practice.orders import Fill, Order
from spymaster.practice.standing import Bracket, Exit, PracticeRules, PracticeTrade, Role, Status
from spymaster.practice.tape import FAR, Span


class Position:
    """From the placing of a bracket to its end."""

    def __init__(self, number: int, bracket: Bracket, rules: PracticeRules, placed_ns: int, *, foreseen: bool) -> None:
        self._number, self._bracket, self._rules = number, bracket, rules
        self._placed_ns, self._foreseen = placed_ns, foreseen
        self.side = bracket.side
        self.entry_left = bracket.size
        self.open = 0
        self.mark = 0.0
        self._reference = bracket.tick if bracket.kind != "market" else None
        self._joined: int | None = None
        self._filled = self._left = 0
        self._paid = self._got = 0
        self._entered_ns = self._ended_ns = 0
        self._adverse = self._favourable = 0.0
        self._by: Exit = ""

    @property
    def exits(self) -> tuple[int, int]:
        """Ticks of stop and target; of a market order once it was filled."""
        reference = self._reference if self._reference is not None else 0
        bracket = self._bracket
        return reference - self.side * bracket.stop_ticks, reference + self.side * bracket.target_ticks

    @property
    def is_over(self) -> bool:
        """Everything entered was left, and nothing more is to be entered."""
        return self._filled > 0 and self.open == 0 and self.entry_left == 0

    def joined(self, order: Order) -> None:
        """The queue that the entry joined, once that is known."""
        if order.role == "entry" and self._joined is None:
            self._joined = order.joined_ahead

    def enter(self, fill: Fill) -> None:
        """Contracts of the entry."""
        if self._reference is None:
            self._reference = fill.tick
        self._filled += fill.size
        self.open += fill.size
        self.entry_left -= fill.size
        self._paid += fill.size * fill.tick
        self._entered_ns = self._entered_ns or fill.t_ns

    def leave(self, fill: Fill, role: Role) -> None:
        """Contracts of an exit."""
        self.open -= fill.size
        self._left += fill.size
        self._got += fill.size * fill.tick
        self._ended_ns = fill.t_ns
        by: dict[Role, Exit] = {"target": "target", "stop": "stop", "flat": "flat"}
        self._by = by[role]
        self._reach(self.side * (fill.tick - self._entry))

    def stood(self, span: Span, start: int, end: int) -> None:
        """Records ``start`` up to ``end`` of a span passed: how far they went for and against what is open."""
        if not self.open or start >= end:
            return
        best = span.best(self.side)[start:end]
        best = best[np.abs(best) < FAR]
        if len(best):
            moves = self.side * (best - self._entry)
            self._reach(float(moves.min()))
            self._reach(float(moves.max()))
            self.mark = float(moves[-1])

    def trade(self, status: Status | None = None, ended_ns: int = 0, why: str = "") -> PracticeTrade:
        """It as it is now."""
        stop, target = self.exits
        known = self._reference is not None
        result = self.side * (self._got / self._left - self._entry) if self._left else 0.0
        trade = PracticeTrade(
            number=self._number,
            side=self.side,
            kind=self._bracket.kind,
            size=self._bracket.size,
            placed_ns=self._placed_ns,
            tick=self._bracket.tick if self._bracket.kind != "market" else 0,
            stop=stop if known else 0,
            target=target if known else 0,
            rules=self._rules,
            status=status or ("open" if self._filled else "working"),
            foreseen=self._foreseen,
            joined_ahead=self._joined,
            filled=self._filled,
            open=self.open,
            entry=self._entry,
            entered_ns=self._entered_ns,
            exit=self._got / self._left if self._left else 0.0,
            ended_ns=ended_ns,
            by=self._by,
            adverse=self._adverse,
            favourable=self._favourable,
            result=result,
            why_void=why,
        )
        return _with_r(trade)

    def closed(self) -> PracticeTrade:
        """It, over."""
        return self.trade("closed", self._ended_ns)

    def cancelled(self, t_ns: int) -> PracticeTrade:
        """It, without anything left open: cancelled where nothing was ever entered."""
        return self.trade("closed" if self._filled else "cancelled", t_ns)

    def void(self, t_ns: int, why: str) -> PracticeTrade:
        """It, where nobody can say what would have become of it."""
        return self.trade("void", t_ns, why)

    @property
    def _entry(self) -> float:
        return self._paid / self._filled if self._filled else 0.0

    def _reach(self, move: float) -> None:
        self._adverse = min(self._adverse, move)
        self._favourable = max(self._favourable, move)


def _with_r(trade: PracticeTrade) -> PracticeTrade:
    return msgspec.structs.replace(trade, r=trade.result / trade.risk) if trade.risk else trade
