"""Practice beside a replay: gives paper orders the records that the engine lives, and keeps their journal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.errors import UserError
from spymaster.market.dtypes import INSTRUMENT_SHIFT, W_HEADER
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.market.sessions import et_time
from spymaster.practice.engine import PracticeEngine, PracticeError
from spymaster.practice.journal import JournalLine, append, columns, read
from spymaster.practice.standing import PracticeRequest, PracticeRules, PracticeStanding

_log = logging.getLogger("spymaster.practice")
_LEAPT: Final = "the replay leapt to another moment"
_OTHER: Final = "another contract began"


@dataclass(frozen=True, slots=True)
class PracticePlan:
    """How a replay is practised on. ``journal``: a file that brackets which are over are added to, None for none;
    ``source``: what the recording is called."""

    rules: PracticeRules = PracticeRules()  # noqa: RUF009 - it never changes
    journal: Path | None = None
    source: str = ""
    simulated: bool = False


class PracticeDesk:
    """Practice of one replay, over all its leaps. Everything but ``standing`` is called in the Session's thread."""

    def __init__(self, plan: PracticePlan | None = None) -> None:
        self._plan = plan or PracticePlan()
        self._engine: PracticeEngine | None = None
        self._config: ConfigFrame | None = None
        self._is_on = False
        self._latest: NDArray[np.int64] | None = None
        self._kept = 0
        self._standing: PracticeStanding | None = None

    def begins(self, config: ConfigFrame, at_ns: int) -> None:
        """Records are about to come that follow the snap at ``at_ns``, 0 for the first of all."""
        self._latest = None
        if self._engine is not None and self._engine.now_ns != at_ns:
            self._engine.leap(_LEAPT)
            self._keep()
        self._follow(config)

    def on_frame(self, frame: Frame) -> None:
        """What the engine is about to be given."""
        if isinstance(frame, ConfigFrame):
            self._follow(frame)
        elif isinstance(frame, RecordsFrame) and (depth := frame.batch.arrays.get(Kind.MBP10)) is not None:
            assert self._config is not None
            own = (depth[:, W_HEADER] >> INSTRUMENT_SHIFT) & 0xFFFF_FFFF == self._config.instrument.instrument_id
            words = depth if own.all() else depth[own]
            if self._is_on and self._engine is not None:
                self._engine.take(words)
            else:
                # valid until the next one comes, which is when it is forgotten
                self._latest = words

    def advance(self, t_ns: int) -> None:
        """The snap at ``t_ns`` is there."""
        if self._engine is not None:
            self._engine.advance(t_ns)
            self._keep()

    def ask(self, text: str) -> str:
        """Do what a screen asks for (``PracticeRequest`` as JSON); a sentence about it."""
        request = msgspec.json.decode(text, type=PracticeRequest)
        if self._engine is None:
            return "practice needs a recording that has begun"
        try:
            answer = _DEEDS[request.what](self, self._engine, request)
        except PracticeError as error:
            return f"PRACTICE: {error}"
        except UserError as error:
            return str(error)
        self._keep()
        return answer

    def standing(self) -> PracticeStanding | None:
        """What there is to show; None while it is off."""
        return self._engine.standing(is_on=True) if self._is_on and self._engine is not None else None

    def _follow(self, config: ConfigFrame) -> None:
        known = self._config
        if self._engine is None:
            self._engine = PracticeEngine(config.instrument.tick_e9, self._plan.rules)
        elif known is not None and known.instrument.instrument_id != config.instrument.instrument_id:
            self._engine.leap(_OTHER)
            self._keep()
            self._engine.use_tick(config.instrument.tick_e9)
        self._config = config

    def _turn_on(self, engine: PracticeEngine, _: PracticeRequest) -> str:
        if not self._is_on:
            self._is_on = True
            if self._latest is not None:
                engine.take(self._latest)
                self._latest = None
            engine.advance(engine.now_ns)
        return f"PRACTICE on: paper orders only, {engine.rules.words}"

    def _turn_off(self, engine: PracticeEngine, _: PracticeRequest) -> str:
        engine.leap("practice was ended")
        self._is_on = False
        return "practice is off"

    def _place(self, engine: PracticeEngine, request: PracticeRequest) -> str:
        bracket = request.bracket
        if bracket is None or not self._is_on:
            raise PracticeError("it is off")
        engine.place(bracket)
        return f"PRACTICE: {'buy' if bracket.side > 0 else 'sell'} {bracket.size} {bracket.kind} on paper"

    def _flat(self, engine: PracticeEngine, _: PracticeRequest) -> str:
        engine.flat()
        return "PRACTICE: leaving at the market"

    def _rules(self, engine: PracticeEngine, request: PracticeRequest) -> str:
        engine.rules = request.rules or engine.rules
        return f"PRACTICE: {engine.rules.words}"

    def _export(self, engine: PracticeEngine, request: PracticeRequest) -> str:
        lines = self._lines(engine, 0)
        if not lines:
            raise PracticeError("no bracket is over yet")
        write(lines, request.file)
        return f"PRACTICE: {len(lines)} brackets in {request.file}"

    def _lines(self, engine: PracticeEngine, first: int) -> list[JournalLine]:
        assert self._config is not None
        plan, instrument = self._plan, self._config.instrument
        about = (plan.source, instrument.symbol)
        return [
            JournalLine(*about, _date(trade.placed_ns), plan.simulated, instrument.tick_e9, trade)
            for trade in engine.ended[first:]
        ]

    def _keep(self) -> None:
        """Add what has ended to the journal."""
        engine, path = self._engine, self._plan.journal
        if engine is None or len(engine.ended) == self._kept:
            return
        lines = self._lines(engine, self._kept)
        self._kept = len(engine.ended)
        if path is not None:
            try:
                append(path, lines)
            except OSError as error:
                _log.warning("%s: practice was not kept: %s", path, error.strerror)


_DEEDS: Final[dict[str, Callable[[PracticeDesk, PracticeEngine, PracticeRequest], str]]] = {
    "on": PracticeDesk._turn_on,
    "off": PracticeDesk._turn_off,
    "place": PracticeDesk._place,
    "flat": PracticeDesk._flat,
    "rules": PracticeDesk._rules,
    "export": PracticeDesk._export,
}


def write(lines: list[JournalLine], out: str, file_format: str | None = None) -> None:
    """A journal as csv, jsonl, parquet, arrow or duckdb, as the ending says. Raises UserError."""
    from spymaster.lake.export.export import TableSink
    from spymaster.signals.columns import Words

    table = {name: Words.of(one) if isinstance(one, list) else one for name, one in columns(lines).items()}
    with TableSink(out, file_format, table="practice") as sink:
        sink.write(table)


def journal_path() -> Path:
    """Where this user's brackets that are over are added to."""
    import platformdirs

    return Path(platformdirs.user_data_dir("spymaster-tui")) / "practice.jsonl"


def read_journal(path: Path) -> tuple[list[JournalLine], int]:
    """The lines of a journal and how many were unreadable; none where there is no journal yet. Raises UserError."""
    try:
        return read(path)
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise UserError(path, f"cannot be read ({error.strerror})", "check its permissions") from None


def _date(t_ns: int) -> int:
    day = et_time(t_ns)
    return day.year * 10_000 + day.month * 100 + day.day
