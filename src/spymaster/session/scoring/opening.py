"""Puts the scoring of a session together: who follows its levels, who answers, where it is written down."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import msgspec

from spymaster.errors import UserError
from spymaster.journal.files import OsFiles
from spymaster.ledger.predictions.entries import RunBegins
from spymaster.ledger.predictions.writer import PREDICTIONS_NAME, PredictionWriter
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE
from spymaster.models.live_scorer import SAID_BY_S, Follower, LevelAsker, level_follower
from spymaster.session.record.recording import RunRecording
from spymaster.session.scoring.book import ScoringBook
from spymaster.session.scoring.choice import ScoringPlan
from spymaster.session.scoring.desk import Opened, ScoringDesk
from spymaster.session.scoring.record import ModelRecord, outcomes_of_lake
from spymaster.session.scoring.speakers import Speaker, speakers_of
from spymaster.signals.said.viewport import LevelsViewport
from spymaster.signals.structs import ProfileName

Told = Callable[[LevelsViewport], None]


class SessionScoring(msgspec.Struct, frozen=True):
    """How a session scores: ``plan``, and the two seams a test puts something of its own into: ``follower`` of levels,
    by the future's tick in points, and ``speakers``, the champion first."""

    plan: ScoringPlan
    follower: Callable[[float], Follower] = level_follower
    speakers: Callable[[ScoringPlan], tuple[Speaker, ...]] = speakers_of

    def asker(self, config: ConfigFrame) -> LevelAsker | None:
        """Follows the levels of a run; None where no model is to be asked."""
        if not self.plan.asks:
            return None
        tick_points = config.instrument.tick_e9 / PRICE_SCALE
        return LevelAsker(self.follower(tick_points), tick_points)

    def desk(self, config: ConfigFrame, told: Told, recording: RunRecording | None = None) -> ScoringDesk | None:
        """Answers in a thread of its own, begun; None where no model is to be asked. ``recording``: of a run whose
        predictions are kept."""
        if not self.plan.asks:
            return None
        desk = ScoringDesk(self.plan.mode, lambda: self._opened(config, recording), told)
        desk.start()
        return desk

    def _opened(self, config: ConfigFrame, recording: RunRecording | None) -> Opened:
        plan = self.plan
        speakers = self.speakers(plan)
        runs, record = outcomes_of_lake(plan.lake, plan.s3_endpoint)
        asked: dict[str, Any] = {"simulated": plan.simulated, "horizons_s": SAID_BY_S}
        records = [ModelRecord(runs, speaker.said.sha256, **asked) for speaker in speakers]
        writer, fault = _writer(config, recording, speakers, plan)
        profile: ProfileName = "spy" if config.profile == "spy" else "es"
        book = ScoringBook(
            speakers,
            records,
            profile=profile,
            user_ids=tuple(level.id for level in config.user_levels),
            screen=plan.mode == "screen",
            log=writer,
            **asked,
        )
        return Opened(book, tuple(speaker.said.name for speaker in speakers), writer, fault, record)


def _writer(
    config: ConfigFrame, recording: RunRecording | None, speakers: tuple[Speaker, ...], plan: ScoringPlan
) -> tuple[PredictionWriter | None, str]:
    """(the run's file of predictions, why there is none)."""
    if recording is None:
        return None, ""
    begins = RunBegins(
        run=recording.run_id,
        profile=config.profile,
        symbol=config.instrument.symbol,
        simulated=plan.simulated,
        code_version=version("spymaster-tui"),
        horizons_s=SAID_BY_S,
        models=tuple(speaker.said for speaker in speakers),
    )
    try:
        return PredictionWriter(recording.journal / PREDICTIONS_NAME, begins, OsFiles()), ""
    except UserError as error:
        return None, str(error)
