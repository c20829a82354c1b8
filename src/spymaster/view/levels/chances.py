"""What a model says of a level, with what the model has seen: never without."""

from __future__ import annotations

import math
from typing import Final

from spymaster.signals.frame import Frame
from spymaster.signals.said.model_chances import ModelChances
from spymaster.view.drawing.cells import Row
from spymaster.view.drawing.part_rows import text_row
from spymaster.view.drawing.sections import Section
from spymaster.view.levels.items import LevelItem

SIMULATED: Final = "model, simulated markets"
_MODEL: Final = "model"
_RANK: Final = 2
_LEAST_WIDTH: Final = len("simulated markets")


def chance_sections(frame: Frame, item: LevelItem, width: int, blind: bool) -> list[Section]:
    """Two rows: the chance with what it is of, and whose it is. None where no model may be shown or none says a thing.

    A level that price is too far from has none; what cannot be believed is not scored; and where there is no room for
    whose it is, the chance is not shown either.
    """
    model = frame.chances
    said = math.nan if model is None or blind else _of(frame, model, item.id)
    if model is None or math.isnan(said) or width < _LEAST_WIDTH:
        return []
    return [Section(_RANK, (_rows(model, said, width),))]


def _rows(model: ModelChances, said: float, width: int) -> tuple[Row, ...]:
    step = f"{model.points:g}"
    asked = f"+{step} before −{step} in {model.horizon_s:g} s"
    if len(asked) + 5 > width:
        asked = f"+{step}/−{step}, {model.horizon_s:g} s"
    whole = SIMULATED if model.simulated else _MODEL
    whose = [whole] if len(whole) <= width else whole.split(", ")
    head = text_row(width, asked, right=f"{said * 100.0:.0f} %", right_ink="text")
    return (head, *(text_row(width, words) for words in whose))


def _of(frame: Frame, model: ModelChances, level_id: str) -> float:
    """Of the level with that id; NaN without."""
    for place, view in enumerate(frame.level_views):
        if view.id == level_id:
            return float(model.p_break[place])
    return math.nan
