"""The files of a deployment: filled in, printed or written."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Final

from spymaster.atomic_output import write_whole
from spymaster.errors import ExitCode, UserError

FILES: Final = Path(__file__).parent / "files"
_USAGE: Final = ExitCode.USAGE
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_PLAIN_PATH: Final = re.compile(r"/[\w./+-]+")


def run_systemd(out: Path | None, program: str | None, user: str) -> None:
    """Print or write the units. Raises UserError."""
    where = program or _this_program()
    if not _PLAIN_PATH.fullmatch(where):
        problem = "is no whole path of letters, digits and ./+-_"
        raise UserError(
            f"--program {where}", problem, "give one, such as /opt/spymaster/bin/spymaster-tui", code=_USAGE
        )
    if not _USER.fullmatch(user):
        raise UserError(f"--user {user}", "is no name of a user", "give one such as spymaster", code=_USAGE)
    _give(bundle("systemd", {"@PROGRAM@": where, "@USER@": user}), out)


def run_compose(out: Path | None) -> None:
    """Print or write image and containers. Raises UserError."""
    _give(bundle("compose", {}), out)


def bundle(kind: str, values: dict[str, str]) -> dict[str, str]:
    """The files of a kind by their names in the folder, with the placeholders filled in."""
    found = {}
    for path in sorted((FILES / kind).rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for placeholder, value in values.items():
                text = text.replace(placeholder, value)
            found[str(path.relative_to(FILES / kind))] = text
    return found


def _this_program() -> str:
    beside = Path(sys.executable).with_name("spymaster-tui")
    return str(beside) if beside.is_file() else shutil.which("spymaster-tui") or "/opt/spymaster/bin/spymaster-tui"


def _give(files: dict[str, str], out: Path | None) -> None:
    if out is None:
        for name, text in files.items():
            print(f"# ---- {name}\n{text}")
        return
    # nothing is written before all of it may be: a file that somebody has changed is theirs
    for name, text in files.items():
        there = out / name
        if there.exists() and there.read_text(encoding="utf-8", errors="replace") != text:
            raise UserError(there, "is there and differs", "name another folder, or move it away", code=_USAGE)
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(out / name, text.encode())
        print(out / name)
