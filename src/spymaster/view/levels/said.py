"""What a model says of a level, what came of its earlier words, and which attempts were like this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spymaster.signals.frame import Frame
from spymaster.signals.said.viewport import SHOWN_BY_S, Chances, LevelsViewport, SaidBefore, Similar, Target
from spymaster.view.drawing.cells import Line, Row, Rows, clip
from spymaster.view.drawing.numbers import MISSING, clock, price
from spymaster.view.drawing.part_rows import MIDDLE, PartLook, text_row, title_row
from spymaster.view.drawing.plot import put_bars_down, put_bars_up
from spymaster.view.drawing.sections import Section
from spymaster.view.levels.chances import chance_sections
from spymaster.view.levels.items import LevelItem

_LEAST_WIDTH: Final = len("SIMULATED MARKETS")
_CHART_ROWS: Final = 3
_FEW: Final = 4
"""Rows of the attempts like this one, its head among them, where there is not room for all."""
_RANK: Final = 2
_CHART_RANK: Final = 4
_ALIKE_RANK: Final = 6
_ASIDE_RANK: Final = 8
"""How soon the curves are given up on the cockpit, where a level has less room."""
_STAGES: Final = {
    "ARM": "price is near",
    "CONTACT": "at contact",
    "AFTER_15_S": "15 s after contact",
    "AFTER_60_S": "60 s after contact",
}
_OUTCOMES: Final = {
    "BREAK": ("broke", "break"),
    "BOUNCE": ("bounced", "reject"),
    "CHOP": ("neither", "muted"),
    "CENSORED": ("unseen", "muted"),
    "NO_RACE": ("unseen", "muted"),
}


def model_sections(
    frame: Frame, item: LevelItem, look: PartLook, *, page: bool = False, chosen: int = 0
) -> list[Section]:
    """What models say of a level: one with several heads where it speaks, else that of breaks where it may be shown.

    ``page``: on the level's own page, where the attempts like this one are told too, the ``chosen`` one marked. What
    cannot be believed is not scored; and where there is no room for what a model was learnt on, its numbers are not
    shown either.
    """
    viewport = frame.viewport
    if viewport is None:
        return chance_sections(frame, item, look.width, look.blind)
    target = viewport.of(item.id)
    if look.blind or target is None or look.width < _LEAST_WIDTH:
        return []
    if target.chances is None:
        return _without_number(viewport, target, look)
    said, rank = target.chances, (_CHART_RANK if page else _ASIDE_RANK)
    sections = [Section(_RANK, (_words(target, said, viewport.badge, look),))]
    chart = _chart(said, look)
    asked = (text_row(look.width, f"{said.points:g} points beyond, or back, first"),) if page else ()
    sections.append(Section(rank, ((*chart, *asked), chart), joined=True))
    if page and said.similar:
        alike = _alike(said.similar, look, chosen)
        sections.append(Section(_ALIKE_RANK, (alike, alike[:_FEW]), _CHART_RANK))
    return sections


def _without_number(viewport: LevelsViewport, target: Target, look: PartLook) -> list[Section]:
    """On a real market without a record there is no number, but how far the record is."""
    if viewport.collecting is None or viewport.simulated or target.stage is None:
        return []
    found = viewport.collecting
    return [Section(_RANK, ((_title(target, look), text_row(look.width, f"collecting {found.n} of {found.of}")),))]


def _title(target: Target, look: PartLook) -> Row:
    return title_row(look, "MODEL", _STAGES.get(target.stage or "", "") if look.width >= MIDDLE else "")


def _words(target: Target, said: Chances, badge: str, look: PartLook) -> Rows:
    """What the model has seen, the number with its horizon, and what came of it before."""
    width = look.width
    by = str(SHOWN_BY_S)
    line = Line(width)
    x = line.put(0, "break ", "muted")
    x = line.put(x, part(said.break_by[by]), "break", bold=True)
    x = line.put(x, f" ({SHOWN_BY_S // 60} min)", "muted")
    other = f"bounce {part(said.bounce_by[by])}"
    if width - x - 1 >= len(other):
        line.right(width - 1, other, "reject")
    number = (line.row(), *_before_rows(said.before, width))
    if len("MODEL ") + len(badge) <= width:
        return (title_row(look, "MODEL", badge, "degraded"), *number)
    return (_title(target, look), *(text_row(width, words, "degraded") for words in _wrapped(badge, width)), *number)


def _before_rows(before: SaidBefore | None, width: int) -> Rows:
    if before is None:
        return (text_row(width, "no record yet"),)
    said = f"said {before.low * 100:.0f}-{before.high * 100:.0f} % before: "
    came = "never" if before.share is None or before.interval is None else _came(before.share, before.interval)
    rest = f"n {before.n}, base {before.base * 100:.0f} %{', in shadow' if before.in_shadow else ''}"
    whole = f"{said}{came}, {rest}"
    if len(whole) <= width:
        return (text_row(width, whole, "text"),)
    first = [said + came] if len(said) + len(came) <= width else [*_wrapped(said, width), *_wrapped(came, width)]
    return tuple(text_row(width, words, "text") for words in (*first, *_wrapped(rest, width)))


def _came(share: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{share * 100:.0f} % [{low * 100:.0f}-{high * 100:.0f}]"


def _wrapped(text: str, width: int) -> list[str]:
    """In rows of whole words."""
    rows: list[str] = []
    for word in text.split():
        if rows and len(rows[-1]) + 1 + len(word) <= width:
            rows[-1] = f"{rows[-1]} {word}"
        else:
            rows.append(word)
    return rows


def _chart(said: Chances, look: PartLook) -> Rows:
    """Both incidence curves by each horizon: breaks stand, bounces hang, and what is between them is open."""
    seconds = [int(name) for name in said.break_by]
    step = look.width // len(seconds)
    if step < 3:
        return ()
    lines = tuple(Line(look.width) for _ in range(_CHART_ROWS))
    foot = Line(look.width)
    for at, (name, broke) in enumerate(said.break_by.items()):
        for x in range(at * step, (at + 1) * step - 1):
            put_bars_up(lines, x, broke, "break", look.set)
            put_bars_down(lines, x, _room(said.bounce_by[name], broke), "reject", look.set)
        foot.put(at * step, clip(_span(seconds[at]), step), "muted")
    return (*(line.row() for line in lines), foot.row())


def _room(bounce: float, broke: float) -> float:
    """A cell holds one bar: where both would stand in it, the one that hangs gives way."""
    cells = _CHART_ROWS - -(-round(broke * _CHART_ROWS * 8) // 8)
    return min(bounce, cells / _CHART_ROWS)


def _alike(similar: Sequence[Similar], look: PartLook, chosen: int) -> Rows:
    """The attempts most like this one and what came of them; those that can be gone to are bright."""
    if not similar:
        return ()
    rows = [title_row(look, "LIKE THIS ONE", "Enter goes there" if any(one.is_here for one in similar) else "")]
    for at, one in enumerate(similar):
        word, ink = _OUTCOMES.get(one.outcome, (MISSING, "muted"))
        after = "" if one.after_s is None or ink == "muted" else f" {_span(round(one.after_s))}"
        line = Line(look.width)
        line.put(0, ">" if at == chosen else " ", "bright", bold=True)
        line.put(2, f"{word}{after}", ink)
        where = f"{one.level.replace('_', ' ')} {price(one.price)}"
        when = f"{one.date % 10000 // 100}/{one.date % 100} {clock(one.t_ns)[:5]}"
        whole = f"{where}  {when}"
        text = whole if len(whole) <= look.width - 17 else when
        line.right(look.width - 1, text, "text" if one.is_here else "muted")
        rows.append(line.row())
    return tuple(rows)


def _span(seconds: int) -> str:
    return f"{seconds}s" if seconds < 60 or seconds % 60 else f"{seconds // 60}m"


def part(chance: float) -> str:
    """A chance as a part of one: .34."""
    return f"{chance:.2f}".removeprefix("0")
