"""Ways out of what a replay's thread is at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spymaster.session.replay.checkpoints import Checkpoint


class RestartAt(Exception):
    """Go on from another place of the recording."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        super().__init__()
        self.checkpoint = checkpoint


class Stop(Exception):
    """The screen is gone."""
