"""What became of the last signal at a level."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.signals.frame import AlertView
from spymaster.view.drawing.cells import Line
from spymaster.view.drawing.glyphs import SIGNAL_NAMES, SIGNAL_ROLES
from spymaster.view.drawing.part_rows import MIDDLE, PartLook
from spymaster.view.drawing.sections import Section
from spymaster.view.edges.alerts import SIGNAL_CODES, became_short, became_words


def last_outcome_section(alerts: Sequence[AlertView], level_id: str, look: PartLook, rank: int) -> Section:
    """The newest alert of the level that has an outcome, as raised and what came of it; else that there is none.

    ``alerts``: newest first.
    """
    line = Line(look.width)
    wide = look.width >= MIDDLE
    line.put(0, "LAST" if wide else "last", "muted", bold=wide)
    found = next((each for each in alerts if each.level_id == level_id and (each.went or each.above is not None)), None)
    if found is None:
        line.right(look.width - 1, "no outcome yet" if wide else "none yet", "muted")
        return Section(rank, ((line.row(),),))
    code = SIGNAL_CODES.get(found.signal.upper(), 0)
    name = f" {SIGNAL_NAMES[code]}" if wide else ""
    line.put(8 if wide else 5, f"{look.set.signals[code]}{name} {found.score:.0f}", SIGNAL_ROLES[code])
    words, right = became_words(found, look.set)
    text = words if wide else f"{look.set.clear}{became_short(found, look.set)}"
    line.right(look.width - 1, text, SIGNAL_ROLES[code] if right else "text", bold=right)
    return Section(rank, ((line.row(),),))
