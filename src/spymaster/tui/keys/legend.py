"""Help as rows of cells: every key first, then every word of the screens, then every mark."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final, TypeAlias

from spymaster.tui.keys.actions import ACTIONS, Scope
from spymaster.tui.keys.keymap import Keymap, shown_key
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip
from spymaster.view.drawing.glyphs import SIGNAL_NAMES, SIGNAL_ROLES, STATE_NAMES, STATE_ROLES, Glyphs
from spymaster.view.levels.items import HELD
from spymaster.view.market.heat_fate import Fate
from spymaster.view.market.heat_scale import STEPS
from spymaster.view.pages.blocks import TWO, Block, block_rows, columns_of, text_line
from spymaster.view.pages.page import holding
from spymaster.view.pages.words import word_groups

COLUMN: Final = 50
GAP: Final = 3
GROUND: Final = "ground"

Part: TypeAlias = tuple[int, str, str]
"""Cell, text, ink."""


_WHERE: Final[tuple[tuple[str, tuple[Scope, ...]], ...]] = (
    ("EVERYWHERE", (Scope.APP, Scope.PLACES)),
    ("COCKPIT", (Scope.COCKPIT, Scope.LEVELS)),
    ("REPLAY", (Scope.REPLAY, Scope.MOMENTS)),
    ("PRACTICE", (Scope.PRACTICE,)),
    ("LEVEL AND CHARTS", (Scope.OVER, Scope.LEVEL, Scope.CHART, Scope.FLOW)),
    ("PAGES", (Scope.PAGE,)),
    ("START SCREEN", (Scope.START,)),
)
"""Where keys work, in the order in which they are looked for."""

_KEY_CELLS: Final = 13
_TERM_SHARE: Final = 0.36


def help_rows(width: int, keymap: Keymap, glyphs: Glyphs, theme_name: str) -> Rows:
    """The whole page: keys, words, marks."""
    rows = [_head("KEYS", "what each does, and where", width), blank(width)]
    rows += block_rows(key_blocks(width, keymap), width)
    rows += [blank(width), _head("WORDS", "everything the screens print", width), blank(width)]
    rows += block_rows(word_blocks(width), width)
    rows += [blank(width), _head("MARKS", "what the signs mean", width), blank(width)]
    return (*rows, *legend_rows(width, glyphs, theme_name))


def _head(title: str, words: str, width: int) -> Row:
    line = Line(width)
    x = line.put(0, title, "bright", bold=True)
    line.put(x + 3, clip(words, max(width - x - 3, 0)), "muted")
    return line.row()


def key_blocks(width: int, keymap: Keymap) -> list[Block]:
    """A block for each place, its actions with all of their keys; those of equal legend share a row."""
    _, each = columns_of(width)
    blocks = []
    for title, scopes in _WHERE:
        lines: dict[str, list[str]] = {}
        for action in ACTIONS:
            if action.scope in scopes:
                lines.setdefault(action.legend, []).extend(shown_key(key) for key in keymap.keys[action.name])
        rows = tuple(_key_row(keys, says, each) for says, keys in lines.items())
        blocks.append(Block(title, below=rows))
    return blocks


def _key_row(keys: Sequence[str], says: str, width: int) -> Row:
    line = Line(width)
    line.put(0, _fitting(keys), "bright", bold=True)
    line.put(_KEY_CELLS, clip(says, max(width - _KEY_CELLS, 0)), "text")
    return line.row()


def _fitting(keys: Sequence[str]) -> str:
    """As many of the keys as fit; an action without a key is in the palette."""
    while keys and len(" ".join(keys)) >= _KEY_CELLS:
        keys = keys[:-1]
    return " ".join(keys) or "palette"


def word_blocks(width: int) -> list[Block]:
    """A block for each group of words."""
    _, each = columns_of(width)
    cells = max(int(each * _TERM_SHARE), 12)
    return [
        Block(title, below=tuple(row for term, says in words for row in _word_rows(term, says, cells, each)))
        for title, words in word_groups()
    ]


def _word_rows(term: str, says: str, cells: int, width: int) -> list[Row]:
    """The word, and beside it what it means; below it where one of them needs more room."""
    terms = textwrap.wrap(term, cells - 1, break_long_words=False)
    meanings = textwrap.wrap(says, max(width - cells, 12)) or [""]
    rows = []
    for at in range(max(len(terms), len(meanings))):
        line = Line(width)
        line.put(0, terms[at] if at < len(terms) else "", "bright")
        line.put(cells, meanings[at] if at < len(meanings) else "", "text")
        rows.append(line.row())
    return rows


def found_in_help(width: int, keymap: Keymap, glyphs: Glyphs, theme_name: str, find: str) -> Rows:
    """What of the page holds a word: in one column, so that nothing stands beside it that does not."""
    one = min(width, TWO - 1)
    parts: list[Row] = []
    for block in (*key_blocks(one, keymap), *word_blocks(one)):
        held = holding(block.below, find)
        if held:
            parts += [text_line(block.title, one, "muted", bold=True), *held, blank(one)]
    parts += holding(legend_rows(one, glyphs, theme_name), find)
    return tuple((*row, *blank(width - one)) for row in parts)


def legend_rows(width: int, glyphs: Glyphs, theme_name: str) -> Rows:
    """The marks, for a page of ``width`` cells: two columns from 103 cells, otherwise one."""
    marks: list[Sequence[Part]] = [*_states(glyphs), (), *_signals(glyphs), (), *_trust(glyphs), (), *_kinds()]
    marks += [(), *_level_and_chart(glyphs)]
    drawing: list[Sequence[Part]] = [*_drawing(glyphs), (), *_options(glyphs)]
    if width >= 2 * COLUMN + GAP:
        height = max(len(marks), len(drawing))
        pad: list[Sequence[Part]] = [()]
        left = marks + pad * (height - len(marks))
        right = drawing + pad * (height - len(drawing))
        body: list[Sequence[Part]] = [(*a, *_moved(b, COLUMN + GAP)) for a, b in zip(left, right, strict=True)]
    else:
        body = [*marks, (), *drawing]
    return tuple(_row(parts, width) for parts in (*body, (), *_foot(theme_name, width)))


def _row(parts: Sequence[Part], width: int) -> Row:
    if not parts:
        return blank(width, GROUND)
    line = Line(width, GROUND)
    for x, text, ink in parts:
        name, _, ground = ink.partition("/")
        line.put(x, text, name, ground=ground or None)
    return line.row()


def _moved(parts: Sequence[Part], by: int) -> list[Part]:
    return [(x + by, text, ink) for x, text, ink in parts]


def _state(glyphs: Glyphs, code: int, x: int) -> Part:
    return (x, f"{glyphs.states[code]} {STATE_NAMES[code]}", f"{STATE_ROLES[code]}*")


def _states(glyphs: Glyphs) -> list[Sequence[Part]]:
    ribbons = [(32 + 2 * n, glyph, "vacuum") for n, glyph in enumerate(glyphs.ribbon)]
    return [
        ((0, "BARRIER STATE", "muted*"), (15, "holds", "muted"), (32, "gives way", "muted")),
        ((0, "no fills", "text"), _state(glyphs, 5, 15), _state(glyphs, 0, 32)),
        ((0, "with fills", "text"), _state(glyphs, 4, 15), _state(glyphs, 1, 32)),
        (_state(glyphs, 3, 15), _state(glyphs, 2, 32)),
        ((0, "ribbon height = confidence", "text"), *ribbons),
    ]


def _signals(glyphs: Glyphs) -> list[Sequence[Part]]:
    meanings = ("score > 80 for 3 s", "score < 20 for 3 s, touched", "score 30-70, eaten by large trades")
    ways = (glyphs.down, glyphs.up, "")
    rows: list[Sequence[Part]] = [((0, "SIGNAL", "muted*"),)]
    for code, (meaning, way) in enumerate(zip(meanings, ways, strict=True), 1):
        label = f"{glyphs.signals[code]} {SIGNAL_NAMES[code]} {way}"
        rows.append(((0, label, f"{SIGNAL_ROLES[code]}*"), (15, meaning, "text")))
    track = glyphs.track * 4 + glyphs.cross + glyphs.track * 4 + glyphs.cross + glyphs.track * 4 + glyphs.cross
    value = glyphs.value_right + glyphs.value * 3 + glyphs.value_left
    meter = [(0, track + glyphs.track * 4, "rule"), (9, value, "break")]
    rows.append((*meter, (22, "20, 50, 80: the score's meter", "text")))
    forces = [(0, glyphs.axis, "muted"), (1, "BB", "force_b"), (3, "FF", "force_f"), (5, "T", "force_t")]
    rows.append((*forces, (8, "Barrier, Fuel, Tape: right pushes to BREAK", "text")))
    rows.append(((0, glyphs.mark, "break"), (3, "selected, or not yet acknowledged", "text")))
    rows.append(((0, glyphs.own, "level_user"), (3, "an alert of one's own rules", "text")))
    rows.append(((0, glyphs.hushed or glyphs.signals[1], "muted"), (3, "outside the signal window: silent", "text")))
    return rows


def _trust(glyphs: Glyphs) -> list[Sequence[Part]]:
    lights = (
        (glyphs.green, "GREEN", "green", "fresh, complete"),
        (glyphs.degraded, "DEGRADED", "degraded", "reason beside it"),
        (glyphs.blind, "BLIND", "blind", "no signal from it"),
        (glyphs.absent, "not configured", "muted", ""),
    )
    rows: list[Sequence[Part]] = [((0, "TRUST", "muted*"),)]
    rows += [((0, f"{glyph} {label}", f"{ink}*"), (15, says, "text")) for glyph, label, ink, says in lights]
    rows.append(((0, f"{glyphs.light} REC", "ask"), (15, "recording", "text")))
    return rows


def _kinds() -> list[Sequence[Part]]:
    return [
        ((0, "LEVEL KINDS", "muted*"),),
        ((0, "STRIKE ROUND", "level_strike"), (15, "SESS PM OR ON PD", "level_range")),
        ((0, "WALL FLIP", "level_wall"), (15, "VWAP SMA POC VAH VAL", "level_average"), (37, "USER", "level_user")),
    ]


def _drawing(glyphs: Glyphs) -> list[Sequence[Part]]:
    ramp = [(2 * n, "  ", f"text/heat:{n}") for n in range(STEPS)]
    entries: tuple[tuple[str, str, str], ...] = (
        (glyphs.hatch * 4, "hatch", "outside the visible ten levels: unknown"),
        ("~486", "muted", "last size seen there"),
        (glyphs.gap * 2, "faint", "gap in the data"),
        (glyphs.path, "last_path", "last price"),
        (glyphs.spot, "bright", "price now"),
        (_sizes(glyphs.buy, glyphs.large_buy, glyphs), "bid", "buyer lifted the ask: longer is larger"),
        (_sizes(glyphs.sell, glyphs.large_sell, glyphs), "ask", "seller hit the bid: longer is larger"),
        (f"{glyphs.held_buy} {glyphs.held_sell}", "absorption", "large, and absorbed: price did not follow"),
        (f"{glyphs.large_buy}40", "muted", "so many contracts fill a cell"),
        *_fates(glyphs),
        (glyphs.shades.strip(), "muted", "less to more, where there are few colours"),
        (glyphs.half * 2, "heat:6", "two prices in one cell"),
        (glyphs.level_line * 4, "level_wall", "a level's price"),
        (f"{HELD}SES_HI", "level_range", "held at price; the true one is drawn too"),
        (glyphs.eighths.strip() or glyphs.eighths, "bid", "a bar: longer is more"),
        (f"{glyphs.minus}612", "vacuum*", "pulled in the window"),
        ("+188", "wall*", "stacked in the window"),
        (f"{glyphs.up} {glyphs.down}", "text", "next level off the screen"),
        (glyphs.tick, "faint", "a time"),
        ("B S x o", "bid", "PRACTICE: buy, sell, stop, target on paper"),
        (glyphs.dot, "muted", "under the noise"),
        (f"{glyphs.at_least} 50", "muted", "tape: orders of at least so many lots"),
        (f"2{glyphs.times}", "replay_text/replay_band", "speed of a replay"),
        (glyphs.ellipsis, "muted", "cut off here"),
    )
    rows: list[Sequence[Part]] = [
        ((0, "HEATMAP AND LADDER", "muted*"),),
        (*ramp, (2 * STEPS + 2, "less to more resting", "text")),
    ]
    rows += [((0, mark, ink), (10, says, "text")) for mark, ink, says in entries]
    return rows


def _fates(glyphs: Glyphs) -> tuple[tuple[str, str, str], ...]:
    words = {Fate.PULLED: "pulled", Fate.EATEN: "eaten", Fate.REFILLED: "eaten and refilled"}
    return tuple((glyphs.states[fate], STATE_ROLES[fate], f"on the heat: much was {words[fate]}") for fate in words)


def _sizes(small: str, large: str, glyphs: Glyphs) -> str:
    return f"{small} {large} {large}{glyphs.spread * 2}"


def _options(glyphs: Glyphs) -> list[Sequence[Part]]:
    bar = glyphs.eighths[8] * 3
    entries = (
        (f"{glyphs.minus}γ {bar}", "gamma_below", "dealers short gamma: they amplify moves"),
        (f"+γ {bar}", "gamma_above", "dealers long gamma: they damp moves"),
        (f"   {bar}", "dim:gamma_below", "the sign is in doubt"),
        ("±", "text", "the opposite if others hold the options"),
        ("pin", "level_wall", "a wall that holds price (dealers long)"),
        ("slip", "level_wall", "a wall that lets it through (short)"),
    )
    rows: list[Sequence[Part]] = [((0, "STRIKES", "muted*"), (10, "dealers' gamma, ES contracts a point", "muted"))]
    return rows + [((0, mark, ink), (10, says, "text")) for mark, ink, says in entries]


def _level_and_chart(glyphs: Glyphs) -> list[Sequence[Part]]:
    entries = (
        (f"{glyphs.clear} {glyphs.blocked}", "text", "runway clear; a lesser level lies between"),
        (f"84{glyphs.clear}91", "break", "alert's score: as raised, furthest since"),
        (glyphs.bars.lstrip(), "wall", "a column: taller is more"),
        (glyphs.rising, "bid", "a bar that closed higher: slim or outlined"),
        (glyphs.falling, "ask", "a bar that closed lower: full"),
        (glyphs.slopes * 2, "level_average", "an average: VWAP whole, SMA with gaps"),
        (f"{glyphs.signals[1]}{glyphs.up}", "break", "an alert, and which way price went first:"),
        ("", "text", "above a bar it said up, below it down"),
        (glyphs.hatch * 2, "hatch", "nothing known of that time"),
        (glyphs.gap, "faint", "time left out, or a bar partly unknown"),
        (f"{glyphs.path[1]}{glyphs.eighths[8] * 2}", "level_average", "session's volume by price; longest: POC"),
        ("VAH VAL", "level_average", "value area: 70 %, grown by two rows a step"),
    )
    head: Sequence[Part] = ((0, "LEVEL AND CHART", "muted*"),)
    return [head, *(((0, mark, ink), (10, says, "text")) for mark, ink, says in entries), *_flow(glyphs)]


def _flow(glyphs: Glyphs) -> list[Sequence[Part]]:
    entries = (
        (glyphs.bars[4:].lstrip(), "gamma_above", "calls; up: bought, down: sold"),
        (glyphs.bars[4:].lstrip(), "gamma_below", "puts"),
        ("above", "text", "strikes at or above spot at the time"),
        ("total", "text", "summed since it was first remembered"),
        ("rate", "text", "of each column, a minute"),
    )
    head: Sequence[Part] = ((0, "OPTION FLOW", "muted*"), (15, "what customers did, newest right", "muted"))
    return [(), head, *(((0, mark, ink), (10, says, "text")) for mark, ink, says in entries)]


def _foot(theme_name: str, width: int) -> list[Sequence[Part]]:
    said = (
        "Colours never stand alone: every state, side and signal has its own shape. "
        f"Theme now: {theme_name}. Scores are not probabilities. Predictive value: not measured."
    )
    return [((0, part, "muted"),) for part in textwrap.wrap(said, max(width, 20))]
