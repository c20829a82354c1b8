"""From questions to words: what each model says, what of it is written down, and the message that is published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from spymaster.ledger.predictions.entries import Round, Said
from spymaster.market.levels import LevelKind, level_id
from spymaster.models.live_scorer import Questions, level_places
from spymaster.models.prediction import PREDICTION, Stage
from spymaster.session.scoring.record import ModelRecord
from spymaster.session.scoring.speakers import Speaker
from spymaster.signals.said.viewport import (
    LEARNT_ON_SIMULATED,
    SHOWN_BY_S,
    Chances,
    LevelsViewport,
    ScoringModel,
    Target,
)
from spymaster.signals.structs import ProfileName

Array = NDArray[Any]

LEAST_TARGETS: Final = 8
"""The levels in view: all with an attempt on, and the nearest up to so many."""
PHASES: Final = ("FAR", "APPROACHING", "IN_MONITOR_BAND", "TOUCH", "CONFIRMATION", "RESOLVED")
IDENTITY: Final = ("kind", "user_index", "tick", "t_ns", "stage")
"""What makes a question another one."""
_DIGITS: Final = 4
"""What is said is said to a ten-thousandth, and so it is written down."""


class Log(Protocol):
    """Where predictions are written down (``ledger.predictions.writer.PredictionWriter``)."""

    def write(self, entry: Round) -> None:
        """Keep what was said at a snap."""
        ...


class Word:
    """One model's answer to one question, rounded as it is said."""

    __slots__ = ("asked", "points", "row", "told")

    def __init__(self, asked: Any, row: NDArray[np.float64], told: Any) -> None:
        self.asked, self.row, self.told = asked, row, told
        self.points = float(asked["distance"])

    @property
    def is_said(self) -> bool:
        """Whether the model had anything to say: every chance is a number."""
        told = self.told
        return bool(
            np.isfinite([told["p_tradeable"], told["p_break"], told["p_bounce"], self.points]).all()
            and np.isfinite(told["break_by"]).all()
            and np.isfinite(told["bounce_by"]).all()
        )

    def curve(self, name: str) -> tuple[float, ...]:
        """Cumulative incidences by each horizon."""
        return tuple(round(value, _DIGITS) for value in self.told[name].tolist())

    def number(self, name: str) -> float:
        """One of its numbers."""
        return round(float(self.told[name]), _DIGITS)

    @property
    def strength(self) -> tuple[float, float, float] | None:
        """Tenth, half, nine tenths; None where it does not know."""
        found = (self.number("strength_p10"), self.number("strength_p50"), self.number("strength_p90"))
        return found if all(map(math.isfinite, found)) else None


class ScoringBook:
    """Answers questions snap by snap. ``records``: of each speaker, in their order; ``log``: None for none.

    Same questions, same words: it knows no clock and draws no lots.
    """

    def __init__(
        self,
        speakers: Sequence[Speaker],
        records: Sequence[ModelRecord],
        *,
        profile: ProfileName,
        user_ids: tuple[str, ...],
        horizons_s: Sequence[int],
        simulated: bool,
        screen: bool,
        log: Log | None = None,
    ) -> None:
        self._speakers, self._records = tuple(speakers), tuple(records)
        self._profile: ProfileName = profile
        self._user_ids = user_ids
        self._horizons_s = tuple(horizons_s)
        self._simulated, self._screen = simulated, screen
        self._log = log
        self._known: tuple[dict[tuple[int, ...], Word], ...] = tuple({} for _ in self._speakers)
        self.said = 0
        """Predictions so far."""

    @property
    def is_shown(self) -> bool:
        """Whether the champion's numbers may be seen."""
        return self._screen and self._records[0].may_be_shown

    def answer(self, questions: Questions) -> LevelsViewport | None:
        """Take the questions of a snap, and write down what is new; the message, None where nothing is for a screen."""
        fresh: dict[int, list[Said]] = {}
        for number, speaker in enumerate(self._speakers):
            words = self._worded(number, speaker, questions)
            for word in words:
                if word.is_said:
                    fresh.setdefault(int(word.asked["t_ns"]), []).append(self._entry(number, word, questions))
        for t_ns, said in sorted(fresh.items()):
            self.said += len(said)
            if self._log is not None:
                self._log.write(Round(t_ns, questions.session_date, tuple(said)))
        return self._viewport(questions) if self._screen else None

    def _worded(self, number: int, speaker: Speaker, questions: Questions) -> list[Word]:
        """What one model says of what was not asked before; decisions of stages that are over come first."""
        known = self._known[number]
        keys = [tuple(map(int, key)) for key in zip(*(questions.asked[name] for name in IDENTITY), strict=True)]
        new = np.array([key not in known for key in keys], np.bool_)
        asked = np.concatenate([questions.decided, questions.asked[new]])
        rows = np.concatenate([questions.decided_rows, questions.rows[new]]) if new.any() else questions.decided_rows
        told = speaker.model.predict(rows, asked["stage"]) if len(asked) else np.zeros(0, PREDICTION)
        words = [Word(*parts) for parts in zip(asked, rows, told, strict=True)]
        held = {key: word for key in keys if (word := known.get(key)) is not None}
        fresh = words[len(questions.decided) :]
        held |= dict(zip([key for key, is_new in zip(keys, new, strict=True) if is_new], fresh, strict=True))
        known.clear()
        known |= held
        return words

    def _entry(self, number: int, word: Word, questions: Questions) -> Said:
        asked = word.asked
        return Said(
            model=number,
            shown=number == 0 and self.is_shown,
            level=self._name(asked),
            kind=LevelKind(int(asked["kind"])).name,
            price=float(asked["price"]),
            future_price=float(asked["future_price"]),
            direction=int(asked["direction"]),
            beyond=float(asked["beyond"]),
            stage=Stage(int(asked["stage"])).name,
            phase=PHASES[int(asked["phase"])],
            is_decision=bool(asked["is_decision"]),
            distance=word.points,
            p_break=word.number("p_break"),
            p_bounce=word.number("p_bounce"),
            p_tradeable=word.number("p_tradeable"),
            strength=word.strength,
            break_by=word.curve("break_by"),
            bounce_by=word.curve("bounce_by"),
        )

    def _name(self, asked: Any) -> str:
        return level_id(int(asked["kind"]), float(asked["price"]), int(asked["user_index"]), self._user_ids)

    def _viewport(self, questions: Questions) -> LevelsViewport:
        speaker, record = self._speakers[0], self._records[0]
        places = level_places(questions.asked, questions.levels)
        keys = zip(*(questions.asked[name] for name in IDENTITY), strict=True)
        words = {
            place: self._known[0][key]
            for place, key in zip(places.tolist(), (tuple(map(int, key)) for key in keys), strict=True)
            if place >= 0 and key in self._known[0]
        }
        near = range(min(len(questions.levels), LEAST_TARGETS))
        targets = [self._target(questions, place, words.get(place)) for place in sorted({*near, *words})]
        targets.sort(
            key=lambda one: -1.0 if one.chances is None or one.chances.utility is None else -one.chances.utility
        )
        said = speaker.said
        return LevelsViewport(
            ts_event_ns=questions.t_ns,
            profile=self._profile,
            simulated=self._simulated,
            model=ScoringModel(name=said.name, data_set=said.data_set, sha256=said.sha256, simulated=said.simulated),
            badge=LEARNT_ON_SIMULATED if said.simulated else "",
            collecting=record.collecting,
            targets=tuple(targets),
        )

    def _target(self, questions: Questions, place: int, word: Word | None) -> Target:
        level, standing = questions.levels[place], questions.standings[place]
        stage, contact_ns = int(standing["stage"]), int(standing["contact_ns"])
        direction: Literal["UP", "DOWN"] = "UP" if int(standing["direction"] or level["direction"]) > 0 else "DOWN"
        price, spot = float(level["price"]), float(level["price"] - level["direction"] * level["x"])
        chances = self._chances(word) if word is not None and word.is_said and self.is_shown else None
        return Target(
            level_id=self._name(level),
            level_kind_name=LevelKind(int(level["kind"])).name,
            level_price=price,
            direction=direction,
            distance=float(level["distance"]),
            distance_signed=price - spot,
            viewport_state=PHASES[int(standing["phase"])],
            stage=Stage(stage).name if stage >= 0 else None,
            attempt=int(standing["number"]) if stage >= 0 else None,
            touch_ts_ns=contact_ns if contact_ns > 0 else None,
            asked_ts_ns=int(word.asked["t_ns"]) if chances is not None and word is not None else None,
            chances=chances,
        )

    def _chances(self, word: Word) -> Chances:
        break_by, bounce_by = word.curve("break_by"), word.curve("bounce_by")
        names = [str(seconds) for seconds in self._horizons_s]
        at = self._horizons_s.index(SHOWN_BY_S)
        tradeable, utility = word.number("p_tradeable"), word.number("utility")
        stage = Stage(int(word.asked["stage"])).name
        return Chances(
            points=word.points,
            p_tradeable=tradeable,
            p_no_trade=round(1.0 - tradeable, _DIGITS),
            p_break=word.number("p_break"),
            p_bounce=word.number("p_bounce"),
            strength=word.strength,
            break_by=dict(zip(names, break_by, strict=True)),
            bounce_by=dict(zip(names, bounce_by, strict=True)),
            utility=utility if math.isfinite(utility) else None,
            before=self._records[0].before(stage, break_by[at]),
            similar=self._speakers[0].similar(word.row, int(word.asked["stage"])),
        )
