"""How the cockpit looks, as pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spymaster.signals.frame import Frame, Phase
from tests.support import frames
from tests.support.screens import CockpitApp
from tests.support.snapshots import Snap

SCENES: dict[str, Callable[[], Frame | None]] = {
    "blind": frames.blind_frame,
    "first-start": frames.empty_frame,
    "failed": lambda: frames.empty_frame(Phase.FAILED, "x.dbn.zst ends inside a record; copy it again"),
    "nothing-yet": lambda: None,
}


@pytest.mark.parametrize(
    "size", [(200, 60), (160, 48), (120, 40), (80, 24), (48, 16), (36, 8)], ids=lambda s: f"{s[0]}x{s[1]}"
)
async def test_the_cockpit_at_a_size(size: tuple[int, int], snap: Snap) -> None:
    app = CockpitApp(*size)
    async with app.run_test(size=size) as pilot:
        app.show(frames.frame())
        await pilot.pause()
        assert await snap(app)


@pytest.mark.parametrize("theme", ["light", "colour-blind", "256", "high-contrast"])
async def test_the_cockpit_in_a_theme(theme: str, snap: Snap) -> None:
    app = CockpitApp(120, 40, theme)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(frames.frame())
        await pilot.pause()
        assert await snap(app)


@pytest.mark.parametrize("scene", list(SCENES))
async def test_the_cockpit_in_trouble(scene: str, snap: Snap) -> None:
    app = CockpitApp(120, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(SCENES[scene]())
        await pilot.pause()
        assert await snap(app)


@pytest.mark.parametrize("simulated", [False, True], ids=["replay", "simulated"])
async def test_the_cockpit_with_a_time_bar(simulated: bool, snap: Snap) -> None:
    app = CockpitApp(120, 40, time_bar=True)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(frames.replay_frame(simulated=simulated))
        await pilot.pause()
        assert await snap(app)


async def test_the_cockpit_in_ascii_with_two_ticks_a_row(snap: Snap) -> None:
    app = CockpitApp(120, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(frames.frame(), glyphs="ascii", zoom=2)
        await pilot.pause()
        assert await snap(app)


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_cockpit_with_options(size: tuple[int, int], snap: Snap) -> None:
    app = CockpitApp(*size)
    async with app.run_test(size=size) as pilot:
        app.show(frames.with_options())
        await pilot.pause()
        assert await snap(app)


@pytest.mark.parametrize("theme", ["light", "colour-blind", "256"])
async def test_the_strikes_in_a_theme(theme: str, snap: Snap) -> None:
    app = CockpitApp(200, 60, theme)
    async with app.run_test(size=(200, 60)) as pilot:
        app.show(frames.with_options(), side="strikes")
        await pilot.pause()
        assert await snap(app)


async def test_options_whose_sign_is_in_doubt(snap: Snap) -> None:
    app = CockpitApp(120, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(frames.with_options({"convention_dependent": 1.0}), side="strikes")
        await pilot.pause()
        assert await snap(app)
