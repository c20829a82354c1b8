"""A world as a recording of either market."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from spymaster.sim.recording.second import write_second_recording
from spymaster.sim.recording.session import Order, world_settings, write_recording
from spymaster.sim.worlds import World, draw_world

FIRST, SECOND = "first", "second"
MARKETS: Final = (FIRST, SECOND)


def write_world(
    folder: Path, market: str, seed: int, minutes: float, *, oracle_moments: int = 0, with_truth: bool = True
) -> World:
    """Simulate a seed's world in the ``first`` or the ``second`` market, with its truth, which takes most of the time.

    Returns the world as played.

    The second market has no options and no oracle. Raises UserError, and OSError where the disk refuses.
    """
    world = draw_world(seed, minutes)
    if market == SECOND:
        write_second_recording(folder, seed, minutes, with_truth=with_truth, world=world)
        return msgspec.structs.replace(world, has_options=False)
    settings = world_settings(seed, minutes)
    write_recording(
        Order(
            folder=folder,
            minutes=minutes,
            settings=settings,
            profile=world.profile,
            with_truth=with_truth,
            oracle_moments=oracle_moments,
        )
    )
    return world
