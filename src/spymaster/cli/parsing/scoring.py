"""From a configuration to what models are to do in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spymaster.config.structs import Config

if TYPE_CHECKING:
    from spymaster.session.scoring.session_models import SessionModels


def session_models(
    config: Config, *, simulated: bool, recordings: tuple[str, ...] = (), is_kept: bool = True
) -> SessionModels:
    """The models of one session. ``simulated``: its market is; ``recordings``: what is replayed is called so.
    ``is_kept``: what models say is written down."""
    from spymaster.session.scoring.choice import scoring_plan
    from spymaster.session.scoring.opening import SessionScoring
    from spymaster.session.scoring.session_models import SessionModels

    lake = config.lake
    plan = scoring_plan(
        config.scoring,
        simulated=simulated,
        lake=lake.path,
        s3_endpoint=lake.s3_endpoint,
        recordings=recordings,
        is_kept=is_kept,
    )
    return SessionModels(SessionScoring(plan))
