"""Cards: the few messages that lie over the heatmap, because nothing there can be believed or shown yet."""

from __future__ import annotations

import math
import textwrap
from typing import Final

from spymaster.market.kinds import NO_TICK
from spymaster.signals.frame import Frame, InputTrust, Phase
from spymaster.view.drawing.cells import Line, Row, Rows, Run
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.numbers import age
from spymaster.view.state import Card, ViewState

WIDEST: Final = 72

_INPUT_NAMES: Final = {"depth": "depth", "tape": "tape"}
_LOST_S: Final = 3.0
"""A connection that is back sooner is not worth covering the market for."""
_TONES: Final = {"error": ("raised", "degraded"), "blind": ("alarm", "blind"), "work": ("raised", "reject")}


def blind_inputs(frame: Frame | None) -> tuple[InputTrust, ...]:
    """The inputs of the book that have gone blind. One without which nothing can be scored is enough."""
    return (
        tuple(trust for trust in frame.trust if trust.name in _INPUT_NAMES and trust.state == "BLIND") if frame else ()
    )


def started(frame: Frame | None) -> bool:
    """Whether there is a book to show."""
    return frame is not None and frame.header.es_bid_tick != NO_TICK


def card_for(frame: Frame | None, state: ViewState) -> Card | None:
    """The card that must be shown: the screen's own, or the one the frame asks for."""
    if state.card is not None:
        return state.card
    if (attached := state.stats.attached) is not None and attached.lost and (attached.age_s or 0.0) > _LOST_S:
        said = ("What is shown is what was last seen", "", attached.lost, "Trying again; the session goes on meanwhile")
        return Card("blind", "NO CONNECTION", said, keys=(("l", "log"), ("q", "quit")), subject=attached.name)
    if frame is None:
        return Card("work", "Starting", ("Waiting for the Session's first frame",))
    header = frame.header
    message = tuple(part.strip() for part in header.message.split(";") if part.strip())
    if header.phase is Phase.FAILED:
        lines = message or ("No reason was given",)
        return Card("error", lines[0], lines[1:], keys=(("l", "log"), ("q", "quit")))
    if header.phase is Phase.COMPILING and not started(frame):
        lines = ("Once only; later starts take less than a second", *(("", *message) if message else ()))
        return Card("work", "First start: compiling the kernels for this machine", lines, header.progress)
    if header.phase is Phase.LOADING and not started(frame):
        return Card("work", "Loading", message or ("Reading the first records",), header.progress)
    return _blind_card(frame)


def _blind_card(frame: Frame) -> Card | None:
    blind = blind_inputs(frame)
    if not blind or not started(frame):
        return None
    subject = " and ".join(_INPUT_NAMES[trust.name] for trust in blind)
    ages = [trust.age_ns for trust in blind if trust.age_ns is not None]
    since = f"No ES record for {age(max(ages))}: no signal is given." if ages else "No ES record: no signal is given."
    said: dict[str, list[str]] = {}
    for trust in blind:
        if trust.reason:
            said.setdefault(trust.reason, []).append(_INPUT_NAMES[trust.name])
    reasons = tuple(f"{', '.join(names)}: {reason}" for reason, names in said.items())
    extra = (frame.header.message,) if frame.header.message else ()
    return Card("blind", "BLIND", (since, "", *reasons, *extra), keys=(("h", "health"), ("l", "log")), subject=subject)


def card_rows(card: Card, width: int, height: int, glyphs: str) -> Rows:
    """The card's rows, at most ``height`` of them and at most ``WIDEST`` cells wide."""
    width = min(width, WIDEST)
    ground, tone = _TONES[card.tone]
    glyph_set = SETS[glyphs]
    inner = width - 5
    body: list[list[Run]] = [_title(card, tone, glyph_set.blind)]
    for number, text in enumerate(card.lines):
        ink = "bright" if card.tone == "blind" and number == 0 else "text"
        body += [[(part, ink)] for part in (textwrap.wrap(text, inner) or [""])]
    if card.progress is not None and not math.isnan(card.progress):
        body += [[], _progress(card.progress, inner, glyph_set.value, glyph_set.track)]
    if card.keys:
        keys = [run for key, word in card.keys for run in ((key, "bright*"), (f" {word}   ", "muted"))]
        body += [[], keys] if len(body) + 4 < height else [keys]
    room = max(height - 2, 1)
    if len(body) > room:
        body = [part for part in body if part][:room]
    framed: list[list[Run]] = [[], *body, []] if height >= len(body) + 2 else body[:height]
    return tuple(_card_row(runs, width, ground, tone, glyph_set.mark) for runs in framed)


def _title(card: Card, tone: str, glyph: str) -> list[Run]:
    if card.tone != "blind":
        return [(card.title, "bright*")]
    return [(f"{glyph} {card.title}", f"{tone}*"), (f"  {card.subject}", "bright*")]


def _progress(share: float, width: int, value: str, track: str) -> list[Run]:
    cells = max(width - 8, 8)
    done = round(min(max(share, 0.0), 1.0) * cells)
    return [(value * done, "reject"), (track * (cells - done), "rule"), (f"  {share * 100:3.0f} %", "text")]


def _card_row(runs: list[Run], width: int, ground: str, tone: str, mark: str) -> Row:
    line = Line(width, ground)
    line.put(0, mark, tone)
    line.runs(3, runs)
    return line.row()
