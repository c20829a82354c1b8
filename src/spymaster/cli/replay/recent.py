"""What was opened last: a short list in the user's state folder. It is a convenience; nothing depends on it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from spymaster.atomic_output import write_whole

MOST: Final = 12
"""Sources that are remembered."""

_NAME: Final = "recent.json"


class Opened(msgspec.Struct, frozen=True):
    """A source that was opened: its absolute path, and when (ns since 1970 UTC)."""

    path: str
    at_ns: int


_decoder: Final = msgspec.json.Decoder(list[Opened])


def recent_file() -> Path:
    """Where the list lies (it need not exist)."""
    return Path(platformdirs.user_state_dir("spymaster-tui")) / _NAME


def read_recent(file: Path) -> tuple[tuple[Opened, ...], str]:
    """The sources opened last, the newest first; and a line about the list where it cannot be used, else nothing."""
    try:
        return tuple(_decoder.decode(file.read_bytes())[:MOST]), ""
    except FileNotFoundError:
        return (), ""
    except OSError as error:
        return (), f"{file}: what was opened last cannot be read ({error.strerror}); check its permissions"
    except msgspec.MsgspecError:
        return (), f"{file}: this is no list of what was opened last; the next source opened begins it anew"


def note_opened(file: Path, source: Path, now_ns: int | None = None) -> str:
    """Put a source first in the list. Returns a line where that cannot be written, else nothing."""
    known, _ = read_recent(file)
    path = str(source.absolute())
    opened = Opened(path, time.time_ns() if now_ns is None else now_ns)
    kept = [opened, *(each for each in known if each.path != path)][:MOST]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, msgspec.json.format(msgspec.json.encode(kept), indent=2))
    except OSError as error:
        return f"{file}: what was opened is not remembered ({error.strerror})"
    return ""
