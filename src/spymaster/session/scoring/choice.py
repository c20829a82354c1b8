"""Which models speak in a session, and whether a screen may show what they say: ``[scoring]`` and the market."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from spymaster.models import prediction
from spymaster.models.break_model import BreakModel, shipped_model
from spymaster.models.errors import ModelError

if TYPE_CHECKING:
    from spymaster.config.structs import Scoring

SHIPPED_HEADS: Final = Path(prediction.__file__).with_name("heads.model")
"""The model in the package, where there is one."""
ScoringMode = Literal["off", "shadow", "screen"]

_log = logging.getLogger("spymaster")


class ScoringPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is to do with models. ``simulated``: its market is; ``model``, ``challenger``: files of models
    with several heads, None for the shipped one and for none; ``lake``: where its record is, empty for nowhere;
    ``recordings``: what the recording that is replayed is called, none of a session that cannot go back; ``is_kept``:
    what is said is written down."""

    mode: ScoringMode = "off"
    simulated: bool = False
    model: Path | None = None
    challenger: Path | None = None
    lake: str = ""
    s3_endpoint: str = ""
    recordings: tuple[str, ...] = ()
    is_kept: bool = True

    @property
    def asks(self) -> bool:
        """Whether there is a model with several heads to be asked, and anybody or anything to tell what it says."""
        named = self.model is not None or self.challenger is not None
        heard = self.mode == "screen" or (self.mode == "shadow" and self.is_kept)
        return heard and (named or SHIPPED_HEADS.is_file())


def scoring_plan(
    asked: Scoring,
    *,
    simulated: bool,
    lake: str = "",
    s3_endpoint: str = "",
    recordings: tuple[str, ...] = (),
    is_kept: bool = True,
) -> ScoringPlan:
    """The plan that a configuration makes. ``lake``: ``[lake] path``."""
    return ScoringPlan(
        mode=asked.mode,
        simulated=simulated,
        model=Path(asked.model).expanduser() if asked.model else None,
        challenger=Path(asked.challenger).expanduser() if asked.challenger else None,
        lake=lake,
        s3_endpoint=s3_endpoint,
        recordings=recordings,
        is_kept=is_kept,
    )


def break_model_to_show(plan: ScoringPlan) -> BreakModel | None:
    """The shipped model of breaks, where none with several heads is shown, and on simulated markets alone: on a real
    one it has no record, so there is no number.

    One that cannot be used is left out: a session needs none. Why is in the log.
    """
    heads_are_shown = plan.asks and plan.mode == "screen"
    if heads_are_shown or plan.mode == "off" or not plan.simulated:
        return None
    try:
        return shipped_model()
    except ModelError as error:
        _log.warning("no model: %s", error)
        return None
