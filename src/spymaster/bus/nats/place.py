"""Where the mirror stands: what a restarted one goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from spymaster.bus.nats.messages import Knowledge
from spymaster.journal.files import Files, OsFiles, replace_file
from spymaster.journal.format import Position

PLACE_NAME: Final = "mirror.place.msgpack"


class MirrorPlace(msgspec.Struct, frozen=True):
    """Everything before this place is on the server. ``knows``: what was learned up to there."""

    segment: int
    offset: int
    knows: Knowledge

    @property
    def position(self) -> Position:
        """The place in the journal."""
        return Position(self.segment, self.offset)


def read_place(journal: Path) -> MirrorPlace | None:
    """Where to go on, None for the journal's beginning: what the server has already, it knows by its ids."""
    try:
        return msgspec.msgpack.decode((journal / PLACE_NAME).read_bytes(), type=MirrorPlace)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_place(journal: Path, place: MirrorPlace, files: Files | None = None) -> None:
    """Replace the place. Raises OSError."""
    replace_file(files or OsFiles(), journal / PLACE_NAME, msgspec.msgpack.encode(place))
