"""The thread in which models are asked. A snap puts its questions down and goes on; only the newest are answered.

What lies there unanswered when newer ones come is missed, and counted; decisions, by which a model is measured, are
handed on to the newer ones, up to a bound.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec
import numpy as np

from spymaster.errors import UserError
from spymaster.models.live_scorer import Questions
from spymaster.session.scoring.book import IDENTITY, ScoringBook
from spymaster.signals.header_parts import ScoringHealth
from spymaster.signals.said.viewport import LevelsViewport

MOST_DECISIONS: Final = 256
"""Decisions that wait for their answer; more are lost, and counted."""

_log = logging.getLogger("spymaster")


class PredictionFile(Protocol):
    """A run's file of predictions (``ledger.predictions.writer.PredictionWriter``)."""

    @property
    def fault(self) -> str:
        """Why nothing is written any more, empty while all is."""
        ...

    def end(self) -> None:
        """The run is over."""
        ...

    def abandon(self) -> None:
        """Let go of the file; a later process goes on with it."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What a desk works with. ``models``: their names, the champion first; ``file``: None where nothing is written
    down, ``log_fault``: why; ``record``: what is to be said of the record."""

    book: ScoringBook
    models: tuple[str, ...]
    file: PredictionFile | None = None
    log_fault: str = ""
    record: str = ""


class ScoringDesk:
    """Asks models in a thread of its own. ``open_book``: loads them, in that thread; a UserError it raises is what
    ``health`` says from then on. ``told``: is given each message, in that thread.

    ``mode``: shadow or screen.
    """

    def __init__(
        self,
        mode: str,
        open_book: Callable[[], Opened],
        told: Callable[[LevelsViewport], None] = lambda _viewport: None,
    ) -> None:
        self._open_book = open_book
        self._told = told
        self._news = threading.Condition()
        self._waiting: Questions | None = None
        self._is_busy = True
        self._is_gone = False
        self._is_over = self._is_left = False
        self._opened: Opened | None = None
        self._latest: LevelsViewport | None = None
        self._health = ScoringHealth(mode)
        self._thread = threading.Thread(target=self._work, name="scoring", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def give(self, questions: Questions) -> None:
        """Put the questions of a snap down, in place of those that wait. Returns at once, whether anybody is there."""
        with self._news:
            if self._is_gone:
                return
            waiting = self._waiting
            if waiting is not None:
                questions = self._passed_over(waiting, questions)
            self._waiting = questions
            self._news.notify()

    def latest(self) -> LevelsViewport | None:
        """The newest message, None before the first."""
        return self._latest

    def forget(self) -> None:
        """Another moment or another contract comes: what was said so far is of no further use."""
        with self._news:
            self._waiting = self._latest = None

    @property
    def health(self) -> ScoringHealth:
        """How it is coming along."""
        return self._health

    def settle(self) -> None:
        """Wait until everything given so far is answered: for who looks at one moment, never for a session."""
        with self._news:
            self._news.wait_for(lambda: self._waiting is None and not self._is_busy)

    def close(self, *, left: bool = False) -> None:
        """Answer what waits, and end; ``left``: a later process goes on with the file. Safe to call twice."""
        with self._news:
            self._is_over, self._is_left = True, left
            self._news.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _passed_over(self, older: Questions, newer: Questions) -> Questions:
        missed, lost = self._health.missed, self._health.lost
        still = {(*key,) for key in newer.asked[list(IDENTITY)].tolist()}
        told = np.array(
            [bool(one["is_decision"]) and one[list(IDENTITY)].item() not in still for one in older.asked], np.bool_
        )
        decided = np.concatenate([older.decided, older.asked[told], newer.decided])
        rows = [part for part in (older.decided_rows, older.rows[told], newer.decided_rows) if len(part)]
        lost += max(len(decided) - MOST_DECISIONS, 0)
        self._health = msgspec.structs.replace(
            self._health, missed=missed + (1 if older.new or len(older.decided) else 0), lost=lost
        )
        kept = np.concatenate(rows)[-MOST_DECISIONS:] if rows else newer.decided_rows
        return replace(newer, decided=decided[-MOST_DECISIONS:], decided_rows=kept)

    def _work(self) -> None:
        try:
            opened = self._opened = self._open_book()
            self._say(opened)
            while (questions := self._next()) is not None:
                viewport = opened.book.answer(questions)
                self._say(opened)
                if viewport is not None:
                    self._latest = viewport
                    self._told(viewport)
        except UserError as error:
            self._fail(str(error))
        except Exception as error:
            # the thread's boundary: a session goes on without its models, and says so
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            self._let_go()

    def _next(self) -> Questions | None:
        with self._news:
            self._is_busy = False
            self._news.notify_all()
            self._news.wait_for(lambda: self._waiting is not None or self._is_over)
            questions, self._waiting = self._waiting, None
            self._is_busy = questions is not None
            return questions

    def _say(self, opened: Opened) -> None:
        file = opened.file
        with self._news:
            self._health = msgspec.structs.replace(
                self._health,
                models=opened.models,
                said=opened.book.said,
                is_written=file is not None and not file.fault,
                log_fault=opened.log_fault if file is None else file.fault,
                record=opened.record,
            )

    def _fail(self, problem: str) -> None:
        _log.warning("no model speaks: %s", problem)
        with self._news:
            self._latest = None
            self._health = msgspec.structs.replace(self._health, fault=problem)

    def _let_go(self) -> None:
        opened = self._opened
        if opened is not None and opened.file is not None:
            (opened.file.abandon if self._is_left or self._health.fault else opened.file.end)()
        with self._news:
            self._is_busy, self._waiting, self._is_gone = False, None, True
            self._news.notify_all()
