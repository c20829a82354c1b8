"""Worlds simulated for a data set, and forgotten again but for their rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from spymaster.cli.request import Request, prepare
from spymaster.evaluate.worlds.world_recording import write_world
from spymaster.learn.dataset.inputs import runs_of
from spymaster.learn.dataset.run_build import RunRecord, Settings, build_run
from spymaster.learn.world_sessions import WorldSession


class WorldRequest(msgspec.Struct, frozen=True):
    """A world to be simulated. ``config``: the configuration it is lived under, the usual one if absent."""

    session: WorldSession
    config: Path | None


def build_world(request: WorldRequest, folder: Path, settings: Settings) -> RunRecord:
    """Simulate a world in a temporary folder and write the parts of it. Raises UserError, and OSError."""
    session = request.session
    with tempfile.TemporaryDirectory(prefix="spymaster-dataset-") as place:
        recording = Path(place) / session.name
        write_world(recording, session.market, session.seed, session.minutes, with_truth=False)
        prepared = prepare(Request(sources=(recording,), config=request.config, profile=None, symbol=None))
        (run,) = runs_of(session.name, prepared.plan, simulated=True)
        return build_run(run, folder, settings)
