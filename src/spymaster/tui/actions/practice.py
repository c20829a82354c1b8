"""What the cockpit does about practice in a replay: paper orders at a cursor on the ladder. None of it is an order."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from spymaster.market.kinds import NO_TICK
from spymaster.practice.standing import Bracket, EntryKind, PracticeRequest, PracticeStanding
from spymaster.signals.frame import Command, Frame
from spymaster.tui.actions.lists import ListActions
from spymaster.tui.actions.practice_words import HINT, PracticeWordsError, understood
from spymaster.tui.options import AppOptions
from spymaster.view.edges.practice import practice_of
from spymaster.view.state import ViewState


class PracticeActions(ListActions):
    """The part of the cockpit that practises; the cockpit itself keeps frame, view and options."""

    _frame: Frame | None
    _view: ViewState
    _options: AppOptions

    @abstractmethod
    def ask(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask the source of a replay for something."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    @abstractmethod
    def _change(self, **changes: Any) -> None: ...

    @abstractmethod
    def _prompt(self, hint: str, then: Callable[[str | None], None]) -> None: ...

    def action_practice(self) -> None:
        """Practice on or off; with it on, the keys of a list move the cursor on the ladder."""
        if practice_of(self._frame) is not None:
            self._paper_request(PracticeRequest("off"))
            return
        self._change(panel="ladder", practice=dataclasses.replace(self._view.practice, cursor=None))
        self._paper_request(PracticeRequest("on"))

    def action_practice_buy(self) -> None:
        """Buy at the cursor: a limit up to the ask, a stop beyond it."""
        self._paper_place(1)

    def action_practice_sell(self) -> None:
        """Sell at the cursor: a limit down to the bid, a stop beyond it."""
        self._paper_place(-1)

    def action_practice_buy_market(self) -> None:
        """Buy at the market."""
        self._paper_place(1, "market")

    def action_practice_sell_market(self) -> None:
        """Sell at the market."""
        self._paper_place(-1, "market")

    def action_practice_flat(self) -> None:
        """Cancel what works, and leave what is open at the market."""
        if self._paper_standing() is not None:
            self._paper_request(PracticeRequest("flat"))

    def action_practice_set(self) -> None:
        """Ask for size, stop, target, latency and the share of cancels."""
        if self._paper_standing() is not None:
            self._prompt(HINT, self._paper_set)

    def action_practice_export(self) -> None:
        """Ask for a file and write the journal into it."""
        if self._paper_standing() is not None:
            usual = self._options.save_folder / f"practice-{datetime.now():%Y%m%d-%H%M%S}.csv"
            self._prompt(
                f"file: .csv, .jsonl, .parquet, .arrow or .duckdb; nothing for {usual}", self._paper_export(str(usual))
            )

    def moves_cursor(self, by: int | None) -> bool:
        """Move the cursor by so many ticks, None to the last price; False where the keys are not about it."""
        if practice_of(self._frame) is None or self._view.panel not in ("ladder", "") or self._frame is None:
            return False
        choice = self._view.practice
        last = self._frame.header.es_last_tick
        cursor = choice.cursor if choice.cursor is not None else last
        self._change(practice=dataclasses.replace(choice, cursor=None if by is None else cursor + by))
        return True

    def _paper_standing(self) -> PracticeStanding | None:
        standing = practice_of(self._frame)
        if standing is None:
            self.say("practice is off: B turns it on, in a replay")
        return standing

    def _paper_place(self, side: Literal[-1, 1], kind: EntryKind | None = None) -> None:
        if self._paper_standing() is None or self._frame is None:
            return
        head, choice = self._frame.header, self._view.practice
        cursor = choice.cursor if choice.cursor is not None else head.es_last_tick
        if cursor == NO_TICK or NO_TICK in (head.es_bid_tick, head.es_ask_tick):
            self.say("PRACTICE: there is no market to trade in yet")
            return
        other = head.es_ask_tick if side > 0 else head.es_bid_tick
        if kind is None:
            kind = "limit" if side * cursor <= side * other else "stop"
        bracket = Bracket(side, kind, cursor, choice.size, choice.stop_ticks, choice.target_ticks)
        self._paper_request(PracticeRequest("place", bracket))

    def _paper_set(self, typed: str | None) -> None:
        standing = practice_of(self._frame)
        if not typed or standing is None:
            return
        try:
            settings = understood(typed, self._view.practice, standing.rules)
        except PracticeWordsError as error:
            self.say(str(error))
            return
        self._change(practice=settings.choice)
        self._paper_request(PracticeRequest("rules", rules=settings.rules))

    def _paper_export(self, usual: str) -> Callable[[str | None], None]:
        def export(typed: str | None) -> None:
            if typed is not None:
                self._paper_request(PracticeRequest("export", file=typed.strip() or usual))

        return export

    def _paper_request(self, request: PracticeRequest) -> None:
        self.ask(Command.PRACTICE, subject=msgspec.json.encode(request).decode())
