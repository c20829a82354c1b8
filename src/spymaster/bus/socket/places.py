"""Where the sockets of this user's Sessions are: one each, named by its process, in a folder nobody else may enter."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import platformdirs

from spymaster.errors import UserError

_MOST_PATH_BYTES: Final = 103
"""What every system takes as the name of a socket."""
_TRY_S: Final = 1.0


def runtime_folder() -> Path:
    """The folder of this user's sockets, whether it is there or not."""
    with warnings.catch_warnings():
        # where the system has no such folder there is one below /tmp, which ``own_folder`` looks at
        warnings.simplefilter("ignore")
        return Path(platformdirs.user_runtime_dir("spymaster-tui"))


def own_folder(folder: Path) -> Path:
    """Make the folder if it is not there. Raises UserError where others may enter it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise UserError(
            folder, f"cannot be made ({error.strerror})", "set XDG_RUNTIME_DIR to a folder of yours"
        ) from None
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise UserError(folder, "others may enter it", f"chmod 700 it, and look who made it: {status.st_uid}")
    return folder


def socket_of(pid: int, folder: Path) -> Path:
    """The socket of a process."""
    return folder / f"session-{pid}.sock"


def listening(path: Path) -> socket.socket:
    """A socket at a path that is this user's alone. Raises UserError."""
    if len(os.fsencode(path)) > _MOST_PATH_BYTES:
        raise UserError(path, "too long a name for a socket", "set XDG_RUNTIME_DIR to a shorter folder")
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        made.bind(str(path))
        # before it listens nobody can have connected
        path.chmod(0o600)
        made.listen()
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise UserError(path, f"no socket can be made there ({error.strerror})", "look at the folder") from None
    return made


def sessions(folder: Path) -> Iterator[Path]:
    """The sockets at which somebody answers. Those that were left behind by a killed process are removed."""
    for path in sorted(folder.glob("session-*.sock")) if folder.is_dir() else ():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:
            there.settimeout(_TRY_S)
            try:
                there.connect(str(path))
            except ConnectionRefusedError:
                with contextlib.suppress(OSError):
                    path.unlink()
            except OSError:
                continue
            else:
                yield path
