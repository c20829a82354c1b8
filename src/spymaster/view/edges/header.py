"""The two top rows: what is shown, whether it may be believed, and how old it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from spymaster.signals.frame import Frame, Header, InputTrust, Mode, Phase, RecordingLight
from spymaster.view.drawing.cells import Line, Row, Run, clip
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import (
    MISSING,
    NO_CLOCK,
    age,
    clock,
    day,
    is_time,
    known,
    micros,
    minutes,
    percent,
    rate,
    volume,
)
from spymaster.view.edges.day_prices import day_text, is_of_share, net_change
from spymaster.view.edges.practice import WORD, practice_of
from spymaster.view.state import QUALITY_WORDS, Attached, ViewState

INPUT_WORDS: Final = {"depth": "DEPTH", "tape": "TAPE", "options": "OPT", "equity": "EQ"}

SLOW_MS: Final = 250.0
STALE_MS: Final = 1000.0
"""Ages of the screen that turn its number amber, and red."""
_SHORTEST_REASON: Final = 6
_LONGEST_NAME: Final = 24
_NAMED_FROM: Final = 120
"""Columns of a screen from which on the net change says what it is measured from."""
_OLD_S: Final = 2.0
"""A Session elsewhere answers twice a second, whatever happens."""


@dataclass(frozen=True, slots=True)
class Band:
    """Ground and inks of the top row: of a replay, of a simulation, or the usual ones."""

    ground: str
    soft: str
    loud: str


_LIVE: Final = Band("raised", "muted", "bright")
_REPLAY: Final = Band("replay_band", "replay_text", "replay_text")
_SIMULATED: Final = Band("simulated_band", "simulated_text", "simulated_text")


def band_of(header: Header | None) -> Band:
    """How the top row is coloured. Simulated wins: nobody may take such prices for real ones."""
    if header is None:
        return _LIVE
    if header.simulated or header.mode is Mode.SIMULATED:
        return _SIMULATED
    return _REPLAY if header.mode is Mode.REPLAY else _LIVE


def recorded(header: Header | None) -> bool:
    """Whether the records come from the past."""
    return header is not None and (header.mode is not Mode.LIVE or header.simulated)


def left_row(frame: Frame | None, state: ViewState, width: int) -> Row:
    """Symbols with their prices, the time, the mode word. What does not fit is left out, the mode word never."""
    header = frame.header if frame is not None else None
    band = band_of(header)
    line = Line(width, band.ground)
    short = width < 48
    mode = _mode_parts(header, state, band, SETS[state.glyphs], short)
    if practice_of(frame) is not None:
        # never left out: nobody may take paper for an order
        mode = [(f" {WORD}", f"{band.ground}*"), *mode]
    groups = _left_groups(header, state, band)
    room = width - 1 - _cells(mode)
    kept: list[tuple[int, list[Run]]] = []
    for rank, gap, parts in sorted(groups, key=lambda group: group[0]):
        needed = _cells(parts) + (gap if kept else 0)
        if needed > room - 1:
            break
        room -= needed
        kept.append((rank, [(" " * gap, band.soft), *parts]))
    x = 1
    order = {rank: at for at, (rank, _, _) in enumerate(groups)}
    for _, parts in sorted(kept, key=lambda item: order[item[0]]):
        x = line.runs(x, parts[1:] if x == 1 else parts)
    x += min(3, max(width - x - _cells(mode), 0))
    line.runs(x, mode)
    if band is not _LIVE:
        line.fill(x, x + _cells(mode), band.loud)
    return line.row()


def _cells(parts: list[Run]) -> int:
    return sum(len(text) for text, _ in parts)


def _left_groups(header: Header | None, state: ViewState, band: Band) -> list[tuple[int, int, list[Run]]]:
    """Parts of the first row in their order: (rank, blanks before, runs); the lowest ranks stay longest."""
    known_time = header is not None and is_time(header.t_ns)
    stamp = clock(header.t_ns) if header is not None else NO_CLOCK
    spy = header is not None and header.profile == "spy"
    last = header.es_last if header is not None else math.nan
    groups: list[tuple[int, int, list[Run]]] = []
    if header is not None and spy:
        groups.append((0, 0, _price_parts("SPY", header.spot, 3, band)))
        groups += _change_groups(header, state, band) if is_of_share(header) else []
    groups.append((2 if spy else 0, 3, _price_parts("ES", last, 5, band)))
    if header is not None and not is_of_share(header):
        groups += _change_groups(header, state, band)
    if header is not None and state.width >= 160 and (day_words := day_text(header)):
        groups.append((7, 3, [(day_words, band.soft)]))
    if header is not None and spy and known(header.ratio) and state.width >= 160:
        soft = "text" if band is _LIVE else band.soft
        groups.append((10, 3, [("ES/SPY ", band.soft), (f"{header.ratio:.4f}", soft)]))
    groups.append((1, 3, [(stamp, f"{band.loud}*")]))
    groups.append((3, 0, [(" ET", band.soft)]))
    if header is not None and known_time and state.width >= 160:
        groups.append((8, 2, [(day(header.t_ns), band.soft)]))
        groups.append((9, 2, [(_session_text(header), band.soft)]))
    return groups


def _change_groups(header: Header, state: ViewState, band: Band) -> list[tuple[int, int, list[Run]]]:
    """The net change, and where there is room since when it is counted."""
    change, since = net_change(header)
    if not known(change) or change == 0:
        return []
    rising, glyphs = change > 0, SETS[state.glyphs]
    mark = (glyphs.large_buy if rising else glyphs.large_sell) + f"{abs(change):.2f}"
    ink = ("bid" if rising else "ask") if band is _LIVE else band.soft
    groups: list[tuple[int, int, list[Run]]] = [(5, 1, [(mark, ink)])]
    if state.width >= _NAMED_FROM:
        groups.append((6, 1, [(since, band.soft)]))
    return groups


def _price_parts(name: str, price: float, moving: int, band: Band) -> list[Run]:
    """The digits that stay are soft, the ``moving`` last ones are loud."""
    if not known(price):
        return [(f"{name}   {MISSING}   ", band.soft)]
    text = f"{price:.2f}"
    return [(f"{name} {text[:-moving]}", band.soft), (text[-moving:], f"{band.loud}*")]


def _session_text(header: Header) -> str:
    since = header.minutes_since_open
    if not known(since):
        return "no session"
    if since < 0:
        return f"opens in {minutes(math.ceil(-since))}"
    return f"RTH +{minutes(since)}" if since < 390 else "after hours"


def _mode_parts(header: Header | None, state: ViewState, band: Band, glyphs: Glyphs, short: bool) -> list[Run]:
    if header is None:
        return [("STARTING", "muted*")]
    attached = state.stats.attached
    if band is not _LIVE:
        word = ("SIM" if short else "SIMULATED") if band is _SIMULATED else "REPLAY"
        elsewhere = "" if attached is None else f"{_attached_word(attached)} "
        return [(f" {word} {_pace(header, glyphs)} {elsewhere}", f"{band.ground}*")]
    if attached is not None and attached.lost:
        return [(f"{glyphs.blind} {_attached_word(attached)}", "blind*")]
    if attached is not None:
        return [(f"{glyphs.light} ATTACHED ", "green*"), ("" if short else clip(attached.name, _LONGEST_NAME), "text")]
    if header.phase is Phase.COMPILING:
        return [(_compiling(header).upper(), "muted*")]
    if header.phase is Phase.LOADING:
        return [("STARTING", "muted*")]
    if header.phase is Phase.FAILED:
        return [(f"{glyphs.blind} FAILED", "blind*")]
    return [(f"{glyphs.light} ", "green"), ("LIVE", "green*")]


def _pace(header: Header, glyphs: Glyphs) -> str:
    if header.phase is Phase.COMPILING:
        return _compiling(header)
    stands = {Phase.PAUSED: "paused", Phase.SEEKING: "seeking", Phase.ENDED: "ended"}
    return stands.get(header.phase) or speed_text(header.speed, glyphs)


def _compiling(header: Header) -> str:
    """How much of the engine is there, while the market is shown from its records alone."""
    return f"compiling {header.progress:.0%}" if known(header.progress) else "compiling"


def _attached_word(attached: Attached) -> str:
    """That the Session is elsewhere, or that it cannot be reached and for how long."""
    if not attached.lost:
        return "ATTACHED"
    return "LOST" if attached.age_s is None else f"LOST {_seconds(attached.age_s)}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 99.95 else age(round(seconds * 1e9))


def _attached_age(attached: Attached, band: Band) -> list[Run]:
    """How old what is shown is, where the snap's time stands otherwise: for a Session elsewhere it says more."""
    if attached.age_s is None:
        return [("age ", band.soft), (MISSING, band.soft)]
    old = "blind*" if attached.lost else "degraded*"
    usual, loud = ("text", old) if band is _LIVE else (band.soft, f"{band.soft}*")
    return [
        ("age ", band.soft),
        (_seconds(attached.age_s), loud if attached.lost or attached.age_s > _OLD_S else usual),
    ]


def speed_text(speed: float, glyphs: Glyphs) -> str:
    """``2×``, ``0.25×``, ``max``."""
    return "max" if math.isinf(speed) or speed <= 0 else f"{speed:g}{glyphs.times}"


def right_row(frame: Frame | None, state: ViewState, width: int) -> Row:
    """Ages and rates; below 100 columns the trust letters."""
    header = frame.header if frame is not None else None
    band = band_of(header)
    line = Line(width, band.ground)
    parts: list[Run] = []
    if width < 30:
        return _flushed(line, _short_right(frame, state, band, width - 1), width - 1)
    groups: list[list[Run]] = []
    if (attached := state.stats.attached) is not None:
        groups.append(_attached_age(attached, band))
    elif width >= 60 and header is not None and known(header.snap_us):
        groups.append([("snap ", band.soft), (micros(header.snap_us), "text" if band is _LIVE else band.soft)])
    text, _ = _screen_age(state)
    word = "tmux " if state.stats.by_tmux else "screen " if width >= 60 else "scr "
    quality = f" {QUALITY_WORDS[state.quality]}" if state.quality else ""
    groups.append(
        [(word, band.soft), (text, _age_ink(state, band)), (quality, "degraded" if band is _LIVE else band.soft)]
    )
    if width >= 60 and state.stats.bytes_per_s is not None:
        groups.append([(rate(state.stats.bytes_per_s), band.soft)])
    gap = "   " if width >= 60 else "  "
    least = _cells(_recording(header, state, band, 0))
    while len(groups) > 1 and _room_beside(groups, gap, width) < least:
        # what the picture costs is the first to go, how old it is stays
        groups.pop()
    room = _room_beside(groups, gap, width)
    groups.append(_recording(header, state, band, room))
    for group in groups:
        parts += ([(gap, band.soft)] if parts else []) + group
    return _flushed(line, parts, width - 1)


def _room_beside(groups: list[list[Run]], gap: str, width: int) -> int:
    """Cells that are left for whether this is being written down."""
    return width - 1 - sum(_cells(group) + len(gap) for group in groups)


def _short_right(frame: Frame | None, state: ViewState, band: Band, room: int) -> list[Run]:
    """Every input's letter and light, then the screen's age: blanks go first, then the age, never a letter. What is
    drawn less finely because the link is slow is said where there is room."""
    age_run: Run = (_screen_age(state)[0], _age_ink(state, band))
    quality = f"{QUALITY_WORDS[state.quality]} " if state.quality else ""
    letters = [_letters(frame, state, band, compact) for compact in (False, True)]
    choices: list[list[Run]] = [
        [*letters[0], (quality, "degraded" if band is _LIVE else band.soft), age_run],
        [*letters[0], age_run],
        [*letters[1], (" ", band.soft), age_run],
        [*letters[1], age_run],
    ]
    return next((parts for parts in choices if _cells(parts) <= room), letters[1])


def _flushed(line: Line, parts: list[Run], end: int) -> Row:
    line.runs(end - sum(len(text) for text, _ in parts), parts)
    return line.row()


def _screen_age(state: ViewState) -> tuple[str, float]:
    value = state.stats.screen_age_ms
    if value is None:
        return MISSING, 0.0
    return (f"{value:.0f} ms" if value < 999.5 else age(round(value * 1e6))), value


def _age_ink(state: ViewState, band: Band) -> str:
    value = state.stats.screen_age_ms
    if band is not _LIVE:
        return band.soft if value is None or value <= SLOW_MS else f"{band.soft}*"
    if value is None or value <= SLOW_MS:
        return "text"
    return "degraded*" if value <= STALE_MS else "blind*"


def _recording(header: Header | None, state: ViewState, band: Band, room: int) -> list[Run]:
    """Whether this is being written down; how much was, and the reason if not, where there is room."""
    light = header.recording if header is not None else RecordingLight()
    if light.fault:
        word = "NOT RECORDING"
        left = room - len(word) - 1
        return [(word, "blind*"), (f" {clip(light.fault, left)}" if left >= _SHORTEST_REASON else "", "blind")]
    if not light.is_on:
        return [("read only", band.soft)] if recorded(header) else [("not recording", "muted")]
    parts: list[Run] = [("● " if state.glyphs == "unicode" else "* ", "ask"), ("REC", "ask")]
    if state.width >= 160:
        parts.append((f" {volume(light.written_bytes)}", "muted"))
    slow = [
        name for name, is_slow in (("lake", light.lake_fault or light.lake_lag_s), ("bus", light.bus_fault)) if is_slow
    ]
    if slow:
        behind = f" {' and '.join(slow)} behind"
        parts += [(behind, "degraded")] if _cells(parts) + len(behind) <= room else [("!", "degraded*")]
    return parts


def _letters(frame: Frame | None, state: ViewState, band: Band, compact: bool) -> list[Run]:
    parts: list[Run] = []
    for trust in frame.trust if frame is not None else ():
        glyph, role = light(trust, SETS[state.glyphs])
        parts.append((trust.name[:1].upper(), band.soft))
        parts.append((glyph + ("" if compact else " "), role if band is _LIVE or trust.state != "GREEN" else band.soft))
    return parts


def light(trust: InputTrust, glyphs: Glyphs) -> tuple[str, str]:
    """Glyph and colour role of an input's light."""
    if trust.state == "GREEN":
        return glyphs.green, "green"
    if trust.state == "DEGRADED":
        return glyphs.degraded, "degraded"
    return (glyphs.blind, "blind") if trust.state == "BLIND" else (glyphs.absent, "muted")


def trust_left(frame: Frame | None, state: ViewState, width: int) -> Row:
    """A light for each input with its age, or with the reason where it is not to be believed."""
    line = Line(width)
    glyphs = SETS[state.glyphs]
    header = frame.header if frame is not None else None
    past = ("sim" if header.simulated else "rec") if header is not None and recorded(header) else ""
    x = 0
    inputs = frame.trust if frame is not None else ()
    names = [INPUT_WORDS.get(trust.name, trust.name.upper()) for trust in inputs]
    reasons = _fitted(
        [(past or age(t.age_ns)) if t.state == "GREEN" else t.reason or t.state.lower() for t in inputs],
        width - sum(len(name) + 6 for name in names) + 3,
    )
    for trust, name, reason in zip(inputs, names, reasons, strict=True):
        glyph, role = light(trust, glyphs)
        ink = role if trust.state in ("DEGRADED", "BLIND") else "muted"
        told = trust.state == "GREEN"
        x = line.runs(x, [(glyph + " ", role), (name, "text" if told else f"{ink}*"), (f" {reason}", ink)]) + 3
    if frame is None:
        line.put(0, "waiting for the Session", "muted")
    return line.row()


def _fitted(texts: list[str], room: int) -> list[str]:
    """The texts, the longest of them cut until all fit ``room`` cells: no light may fall off the row."""
    limit = max((len(text) for text in texts), default=0)
    while limit > 1 and sum(min(len(text), limit) for text in texts) > room:
        limit -= 1
    return [clip(text, limit) for text in texts]


def trust_right(frame: Frame | None, state: ViewState, width: int) -> Row:
    """How well the book's flows add up, and the terminal's rate where the first row has no room for it."""
    line = Line(width)
    if frame is None:
        return line.row()
    parts: list[str] = []
    header = frame.header
    wide = state.width >= 160
    if known(header.residual_share):
        parts.append(f"{'mass balance' if wide else 'residual'} {percent(header.residual_share)}")
    if known(header.hidden_share) and wide:
        parts.append(f"hidden {percent(header.hidden_share, 0)}")
    if state.stats.bytes_per_s is not None and not wide:
        parts.append(rate(state.stats.bytes_per_s))
    while parts and len("   ".join(parts)) > width:
        parts.pop()
    line.right(width - 1, "   ".join(parts), "muted")
    return line.row()
