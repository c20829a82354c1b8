"""Every word that the screens print is explained in the help: the words are read off the screens, not listed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec
import pytest

from spymaster.market.levels import LevelKind
from spymaster.market.rows import BarrierAlarm, Tag
from spymaster.signals.frame import Frame, Mode, Phase, RecordingLight
from spymaster.signals.header_parts import DayPrices, PastTests
from spymaster.view.cockpit import CockpitProjector
from spymaster.view.drawing.cells import Rows, text_of
from spymaster.view.drawing.glyphs import SIGNAL_NAMES, STATE_NAMES
from spymaster.view.layout import layout_for
from spymaster.view.level_detail import DetailState, detail_panels, detail_rects
from spymaster.view.levels.items import CONFIDENCE_NAMES, level_items
from spymaster.view.pages.words import LEVEL_MEANINGS, word_groups
from spymaster.view.state import Attached
from tests.support import frames, past
from tests.support.screens import STATS, view_state

SIZES: Final = ((80, 24), (120, 40), (160, 48), (200, 60))
WORD: Final = re.compile(r"[A-Za-zΔΣγ][A-Za-z0-9_/²]*(?![…A-Za-z0-9_/²])")
"""What is cut off is no word."""

SENTENCES: Final = ("note", "card", "time_bar", "footer")
"""Panels of whole sentences and of keys."""

FREE_TEXT: Final = ("alerts", "trust_left", "levels_left")
"""Panels in which sentences stand beside the words of the program: there only capitals are its words."""

FORCES: Final = re.compile(r"[BFT]+")
"""Letters of the forces bar, as long as a force is strong."""

PLAIN: Final = frozenset(
    """a ago an and at below book bars before beyond by far for from in into is it last level like of on only or per row
    second that the this to with yet""".split()  # noqa: SIM905 - words are read more easily than a list of them
)
"""Words that mean here what they mean everywhere."""


def scenes() -> Iterator[Frame]:
    """Moments that print as many different words as can be had without an engine."""
    yield from (frames.frame(), frames.with_options(), frames.replay_frame(), frames.blind_frame())
    yield frames.empty_frame()
    usual = frames.with_options()
    day = DayPrices(6870.25, 6875.75, 6868.0, 6860.0, whole=True, settlement=6861.5)
    for changes in (
        {"recording": RecordingLight(is_on=True, lake_lag_s=9.0, bus_fault="gone"), "day": day},
        {"recording": RecordingLight(fault="no space left")},
        {"mode": Mode.SIMULATED, "simulated": True, "phase": Phase.PAUSED, "minutes_since_open": -20.0},
        {"phase": Phase.COMPILING, "progress": 0.4, "minutes_since_open": 500.0},
        {"mode": Mode.REPLAY, "phase": Phase.ENDED, "profile": "es"},
    ):
        yield replace(usual, header=msgspec.structs.replace(usual.header, **changes))
    rows, views = frames.levels()
    for code in (*BarrierAlarm, *Tag):
        changed = rows.copy()
        changed["alarm"] = int(code) if isinstance(code, BarrierAlarm) else 0
        changed["tags"] = int(code) if isinstance(code, Tag) else 0
        yield frames.with_options(levels=changed, level_views=views)


def panels() -> Iterator[tuple[str, Rows]]:
    """Every panel of the cockpit and of a level's page at every size, in every scene."""
    for frame in scenes():
        replayed = frame.header.mode is not Mode.LIVE
        items = level_items(frame)
        for width, height in SIZES:
            for side in ("auto", "focus", "strikes"):
                stats = replace(STATS, attached=Attached("here", 0.2)) if side == "focus" else STATS
                view = view_state(width, height, side=side, stats=stats)
                layout = layout_for(width, height, replayed)
                yield from CockpitProjector().project(frame, view, layout, 0.0).items()
            layout = detail_rects(width, height, replayed)
            history, detail = past.level_history(), DetailState(items[0].id if items else None, past=PAST)
            yield from detail_panels(frame, items, history, detail, view, layout).items()


def printed() -> dict[str, str]:
    """Every word with a panel it stands in. Names of contracts, months and what stands in sentences are left out."""
    found: dict[str, str] = {}
    for name, rows in panels():
        if name in SENTENCES:
            continue
        for row in rows:
            for word in WORD.findall(text_of(row)):
                if name in FREE_TEXT and not word.isupper():
                    continue
                if not FORCES.fullmatch(word):
                    found.setdefault(word, name)
    return found


def explained() -> set[str]:
    """Every word that the help explains, and those it explains them with."""
    return {word for _, words in word_groups() for term, _ in words for word in WORD.findall(term)}


PAST: Final = PastTests(12, 7, 5, 2, 4.4)
NAMES: Final = re.compile(r"ES[FGHJKMNQUVXZ]\d|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|USER_.*|open|here")
"""Contracts, months, and the names of the scene's own level and session."""


def test_every_word_on_the_screens_is_explained() -> None:
    missing = {word: panel for word, panel in printed().items() if not NAMES.fullmatch(word)}
    for known in explained() | PLAIN:
        missing.pop(known, None)
    assert missing == {}


def test_the_screens_are_read_at_all() -> None:
    assert {"LADDER", "GEX", "VACUUM", "CF", "Σ", "COMPILING", "ATTACHED"} <= set(printed())


@pytest.mark.parametrize(
    "names", [STATE_NAMES[:6], SIGNAL_NAMES, CONFIDENCE_NAMES], ids=["states", "signals", "confidence"]
)
def test_every_name_of_a_table_is_explained(names: tuple[str, ...]) -> None:
    wanted = {word for name in names for word in WORD.findall(name)}
    assert wanted - explained() == set()


def test_every_kind_of_level_is_explained_under_both_of_its_names() -> None:
    assert {kind.name for kind in LevelKind} <= set(LEVEL_MEANINGS)
    assert {name for kind in LevelKind for name in (kind.label, kind.short)} <= explained()


def test_no_word_is_explained_twice_in_one_group_and_none_with_nothing() -> None:
    for title, words in word_groups():
        terms = [term for term, _ in words]
        assert len(set(terms)) == len(terms), title
        assert [term for term, meaning in words if not meaning] == []
