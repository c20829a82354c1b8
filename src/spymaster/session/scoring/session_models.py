"""The models of one session, as the session sees them: whether any speaks, what is asked, what was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from spymaster.signals.run_state import ModelsSaid
from spymaster.signals.said.viewport import LevelsViewport

if TYPE_CHECKING:
    from spymaster.market.frames import ConfigFrame
    from spymaster.models.break_model import BreakModel
    from spymaster.models.live_scorer import LevelAsker, Questions
    from spymaster.session.record.recording import RunRecording
    from spymaster.session.scoring.desk import ScoringDesk
    from spymaster.session.scoring.opening import SessionScoring

Asks = Callable[["ConfigFrame"], "LevelAsker | None"]


class SessionModels:
    """``scoring``: what models are to say, None for nothing."""

    def __init__(self, scoring: SessionScoring | None = None) -> None:
        self._scoring = scoring
        self._desk: ScoringDesk | None = None

    @property
    def shown(self) -> BreakModel | None:
        """The model of breaks, where it may be shown and no other speaks."""
        from spymaster.session.scoring.choice import break_model_to_show

        return break_model_to_show(self._scoring.plan) if self._scoring is not None else None

    @property
    def asks(self) -> Asks | None:
        """Makes what follows the levels of a run, None where no model with several heads speaks."""
        scoring = self._scoring
        return scoring.asker if scoring is not None and scoring.plan.asks else None

    def load(self) -> None:
        """Have everything in memory that is called at a snap: a session does it before it asks for records."""
        if self.asks is not None:
            from spymaster.session.warmup import load_models

            load_models()

    def begin(
        self, config: ConfigFrame, told: Callable[[LevelsViewport], None], recording: RunRecording | None = None
    ) -> None:
        """Snaps of a configuration are about to come, of a beginning or of another moment. ``told``: is given each
        message, in the scoring thread; ``recording``: of a run whose predictions are kept."""
        if self._desk is not None:
            self._desk.forget()
        elif self._scoring is not None:
            self._desk = self._scoring.desk(config, told, recording)

    def ask(self, questions: Questions | None, *, waits: bool = False) -> None:
        """Put the questions of a snap. ``waits``: until they are answered, for a picture that stands still."""
        if self._desk is not None and questions is not None:
            self._desk.give(questions)
            if waits:
                self._desk.settle()

    @property
    def said(self) -> ModelsSaid:
        """What was said last, and how that is coming along."""
        return ModelsSaid(self._desk.latest(), self._desk.health) if self._desk is not None else ModelsSaid()

    def close(self, *, left: bool = False) -> None:
        """The session is over; ``left``: a later process goes on with its predictions. Safe to call twice."""
        if self._desk is not None:
            self._desk.close(left=left)
