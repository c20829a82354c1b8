"""The one sentence under the tables: what is happening at a level, and why a force has no say in it."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.rows import BarrierState
from spymaster.signals.frame import Frame, Phase
from spymaster.signals.notes import level_why
from spymaster.view.drawing.cells import Row
from spymaster.view.drawing.glyphs import SETS, SIGNAL_ROLES
from spymaster.view.edges import cards, footer
from spymaster.view.levels.items import LevelItem, facts_of, level_text
from spymaster.view.state import ViewState

_SAID_UNSEEN: Final = ("trust_depth", "sweep_direction")
_SAID: Final = (*_SAID_UNSEEN, "direction", "added", "pulled", "filled", "window_s", "tags", "visible_fraction")
"""Numbers a sentence about the level is made of."""
_WIDE: Final = 100
_NAME_CELLS: Final = 40


def why_sentence(frame: Frame, item: LevelItem) -> str:
    """What the numbers of the level say; empty while they are not known."""
    facts = facts_of(frame, item.id)
    told = _SAID_UNSEEN if item.state == BarrierState.MISSING else _SAID
    if not facts or any(math.isnan(facts[name]) for name in told):
        return ""
    return level_why(facts)


def why_row(frame: Frame | None, item: LevelItem | None, state: ViewState, width: int) -> Row:
    """The sentence with the level's name before it; what the screen itself has to say goes first."""
    blind = bool(cards.blind_inputs(frame))
    role = "blind" if blind else SIGNAL_ROLES[item.signal] if item is not None and item.signalling else "muted"
    name, sentence = "", state.note
    if not sentence and frame is not None and item is not None and not blind:
        sentence = why_sentence(frame, item)
        name = level_text(item.id, item.price, _NAME_CELLS if width >= _WIDE else 0) if sentence else ""
    elif not sentence and frame is not None and item is None and frame.header.message:
        sentence = frame.header.message
    elif not sentence and frame is not None and blind:
        sentence = "; ".join(f"{each.name} {each.reason}" for each in cards.blind_inputs(frame))
        sentence = f"no score: {sentence}"
    elif not sentence and frame is not None and frame.header.phase is Phase.ENDED:
        sentence = "the recording has ended"
    return footer.note_row(name, sentence, role, SETS[state.glyphs].mark, width)
