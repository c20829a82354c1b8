"""One process at a time compiles into a folder of kernels; whoever comes meanwhile waits, and hears what is done.

Two programs that are started one after the other with nothing compiled would both compile all of it, each on half of
the machine. The lock goes with its process, so one that is killed lets the next go on from what it kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

NAME: Final = "compiling"
"""The file that is locked, in a folder of kernels. In it: what its holder has done, a line each."""
_LOOK_S: Final = 0.2


def _pause() -> None:
    time.sleep(_LOOK_S)


@contextlib.contextmanager
def turn(
    folder: Path, tell: Callable[[str], None], pause: Callable[[], None] = _pause
) -> Iterator[Callable[[str], None]]:
    """Within this nobody else compiles into a folder. Yields what to tell of each kernel that is done.

    ``tell`` hears of them too, and while we wait of what the one before us does. ``pause``: between two looks.
    """
    with contextlib.ExitStack() as held:
        try:
            file: BinaryIO = held.enter_context((folder / NAME).open("a+b"))
        except OSError:
            # what cannot be kept is shared with nobody
            yield tell
            return
        heard, waited = 0, False
        while not _is_ours(file):
            heard, waited = _pass_on(file, heard, tell), True
            pause()
        if waited:
            _pass_on(file, heard, tell)
        file.truncate(0)

        def told(symbol: str) -> None:
            tell(symbol)
            with contextlib.suppress(OSError):
                file.write(f"{symbol}\n".encode())
                file.flush()

        yield told


def _is_ours(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # a file system without locks: everybody for themselves
        return True
    return True


def _pass_on(file: BinaryIO, heard: int, tell: Callable[[str], None]) -> int:
    """Tell of the whole lines behind ``heard`` bytes; how many bytes were heard then."""
    file.seek(0, 2)
    # somebody else's turn began, whose file is empty at first
    file.seek(heard if heard <= file.tell() else 0)
    begins = file.tell()
    whole, newline, _ = file.read().rpartition(b"\n")
    for line in whole.splitlines():
        tell(line.decode())
    return begins + len(whole) + len(newline)
