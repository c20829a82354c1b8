"""The side column with options: strikes, wave and focus share it; the focus tells the level's gamma."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import text_of
from tests.support import frames
from tests.support.screens import as_text, projected


def side(frame: Frame, size: tuple[int, int], **changes: Any) -> list[str]:
    _, panels = projected(frame, *size, **changes)
    return [text_of(row) for row in panels["side"]]


def after(rows: list[str], title: str) -> list[list[str]]:
    at = next(y for y, text in enumerate(rows) if text.startswith(title))
    return [text.split() for text in rows[at:]]


@pytest.mark.parametrize("size", [(200, 60), (120, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_moment_of_the_design_with_options(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.with_options(), *size)) == snapshot


@pytest.mark.parametrize("size", [(200, 60), (176, 48), (120, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_strikes_alone(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert "\n".join(side(frames.with_options(), size, side="strikes")) == snapshot


@pytest.mark.parametrize("size", [(200, 60), (200, 50), (120, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_strikes_and_focus_stand_together(size: tuple[int, int]) -> None:
    rows = side(frames.with_options(), size)
    titles = [text.split()[0] for text in rows if text[:1].isalpha()]
    assert titles.index("STRIKES") < titles.index("FOCUS") < titles.index("GAMMA")


def test_the_wave_needs_a_tall_column() -> None:
    assert any(text.startswith("FLOW") for text in side(frames.with_options(), (200, 60)))
    assert not any(text.startswith("FLOW") for text in side(frames.with_options(), (120, 40)))


def test_the_focus_alone_leaves_the_strikes_out() -> None:
    assert not any("STRIKES" in text for text in side(frames.with_options(), (200, 60), side="focus"))


def test_a_low_column_keeps_the_focus() -> None:
    rows = side(frames.with_options(), (120, 30))
    assert any(text.startswith("FOCUS") for text in rows)


def test_the_focus_tells_regime_g_with_its_band_velocity_and_charm() -> None:
    rows = after(side(frames.with_options(), (200, 60)), "GAMMA")
    assert rows[0] == ["GAMMA", "AMPLIFY"]
    assert rows[1] == ["G", "−43", "ES/pt", "90", "%", "−70…−16"]
    assert rows[2] == ["velocity", "−3.2", "/min", "charm", "+12", "/min"]


def test_a_regime_in_doubt_is_neutral() -> None:
    frame = frames.with_options()
    rows = frame.levels.copy()
    rows["fuel_effect"], rows["convention_dependent"] = 0.0, 1.0
    text = after(side(replace(frame, levels=rows), (200, 60)), "GAMMA")
    assert text[0] == ["GAMMA", "NEUTRAL"]
    assert text[1][1] == "−43±"


def test_without_options_the_focus_says_so() -> None:
    assert after(side(frames.frame(), (200, 60)), "GAMMA")[0] == ["GAMMA", "no", "options"]
    assert after(side(frames.frame(), (120, 40)), "gamma")[0] == ["gamma", "no", "options"]


def test_without_a_smile_the_focus_says_what_is_needed() -> None:
    frame = frames.with_options({"hedge": math.nan})
    rows = frame.levels.copy()
    rows["hedge"] = math.nan
    assert after(side(replace(frame, levels=rows), (200, 60)), "GAMMA")[0][1:] == ["needs", "5", "quoted", "strikes"]


def test_walls_are_marked_on_the_price_axis() -> None:
    """A chain whose walls lie on the screen: they stand on the price axis like any other level."""
    rows, views = frames.levels()
    near = {"CALL_WALL": 687.20, "PUT_WALL": 686.95}
    for row, view in zip(rows, views, strict=True):
        if view.kind in near:
            row["price"] = near[view.kind]
            row["tick"] = round(near[view.kind] * 10.0002 / frames.TICK)
    _, panels = projected(frames.with_options(levels=rows, level_views=views), 120, 40)
    rail = [text_of(row) for row in panels["rail"]]
    for wall in ("C_WALL", "P_WALL"):
        row = next(y for y, text in enumerate(rail) if wall in text)
        assert any("level_wall" in name for _, name in panels["rail"][row])
        assert all(name.endswith("/raised") for _, name in panels["flow_bid"][row])


def test_a_narrow_column_says_it_in_fewer_words() -> None:
    frame = frames.with_options({"hedge": math.nan})
    rows = frame.levels.copy()
    rows["hedge"] = math.nan
    text = side(replace(frame, levels=rows), (120, 40))
    assert "needs 5 strikes" in [line.strip() for line in text]
    assert any(line.split() == ["gamma", "no", "smile"] for line in text)


def test_fuel_alone_gives_an_unseen_level_no_score_on_the_screen() -> None:
    """Its message has one; a meter beside "unseen" would look like a judgement of the book."""
    rows, views = frames.levels()
    unseen = next(at for at, view in enumerate(views) if view.id == "STRIKE_688")
    rows["score"][unseen] = 5.0
    _, panels = projected(frames.with_options(levels=rows, level_views=views), 200, 60)
    line = next(text_of(row) for row in panels["levels_left"] if "688.00" in text_of(row))
    assert "unseen" in line
    assert line.rstrip().endswith("—")


@pytest.mark.parametrize(("velocity", "text"), [(-3.24, "−3.2"), (62.4, "+62"), (-146.0, "−146")])
def test_a_fast_change_of_gamma_needs_no_decimals(velocity: float, text: str) -> None:
    frame = frames.with_options()
    rows = frame.levels.copy()
    rows["gamma_velocity"] = velocity
    assert after(side(replace(frame, levels=rows), (200, 60)), "GAMMA")[2][:3] == ["velocity", text, "/min"]
