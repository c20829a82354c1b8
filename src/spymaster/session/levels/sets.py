"""Named sets of levels in the user's configuration folder: imported once, used by name in later runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.config.loader import user_config_path
from spymaster.market.frames import UserLevel
from spymaster.market.levels import MAX_USER_LEVELS, format_price_e9
from spymaster.session.levels.user import LevelError, levels_from_file, parse_levels, read_levels_text, unique_levels

USER_PREFIX: Final = "USER_"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PROFILE_LINE: Final = "# profile: "
_LONGEST_LEVEL_NAME: Final = 40
_ENDING: Final = ".csv"


class LevelSet(msgspec.Struct, frozen=True):
    """A set as stored. ``profile``: whose prices they are, empty where the set was stored for any."""

    name: str
    path: Path
    levels: tuple[UserLevel, ...]
    profile: str
    replaced: bool


def sets_folder() -> Path:
    """Where the sets are kept; it need not exist."""
    return user_config_path().parent / "levels"


def stored_sets() -> list[str]:
    """The names of the sets there are, sorted."""
    folder = sets_folder()
    return sorted(path.name.removesuffix(_ENDING) for path in folder.glob(f"*{_ENDING}")) if folder.is_dir() else []


def check_levels(text: str, place: str) -> tuple[list[UserLevel], list[LevelError]]:
    """The levels of a text without repeats, and one error for each line that is nonsense. ``place`` names the text."""
    found, errors = parse_levels(text, place)
    for level in found:
        name = level.id.removeprefix(USER_PREFIX)
        if not name.isprintable() or len(name) > _LONGEST_LEVEL_NAME:
            shown = "".join(c if c.isprintable() else "?" for c in name[:_LONGEST_LEVEL_NAME])
            remedy = f"use at most {_LONGEST_LEVEL_NAME} printable characters"
            errors.append(LevelError(place, f"'{shown}' is not a usable name for a level", remedy))
    levels = unique_levels(found)
    if len(levels) > MAX_USER_LEVELS:
        errors.append(
            LevelError(place, f"holds {len(levels)} levels", f"at most {MAX_USER_LEVELS} fit, leave some out")
        )
    return levels, errors


def set_name(name: str | None, source: Path | None) -> str:
    """The name to store a set under: as given, else after its file. Raises LevelError for one that cannot be used."""
    wanted = name if name is not None else re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem).strip("-.") if source else ""
    if not _NAME.fullmatch(wanted):
        shown = "".join(c if c.isprintable() else "?" for c in wanted)
        what = f"'{shown}' is not a usable name for a set of levels" if wanted else "the set of levels needs a name"
        raise LevelError("--name", what, "use letters, digits, dots, dashes and underscores")
    return wanted


def store_set(name: str, levels: Sequence[UserLevel], profile: str = "") -> LevelSet:
    """Write a set, replacing one of that name as a whole. Raises OSError."""
    folder = sets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{_ENDING}"
    replaced = path.exists()
    text = io.StringIO()
    if profile:
        text.write(f"{_PROFILE_LINE}{profile}\n")
    # the price goes first: a line that began with a name such as "#1" would be a remark
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("price", "name"))
    writer.writerows((format_price_e9(level.price_e9), level.id.removeprefix(USER_PREFIX)) for level in levels)
    write_whole(path, text.getvalue().encode())
    return LevelSet(name, path, tuple(levels), profile, replaced)


def levels_named(name_or_file: str, profile: str) -> list[UserLevel]:
    """The levels of ``--levels``: of a file where there is one, else of the stored set of that name.

    Raises LevelError for neither, and for a set stored for another profile: its prices would be in other units.
    """
    path = Path(name_or_file)
    stored = sets_folder() / f"{name_or_file}{_ENDING}"
    if path.exists() or not _NAME.fullmatch(name_or_file):
        return levels_from_file(path)
    if not stored.is_file():
        known = stored_sets()
        told = f"the stored sets are {', '.join(known)}" if known else "'spymaster-tui levels import FILE' stores a set"
        raise LevelError(f"--levels {name_or_file}", "no such file, and no set of levels of that name", told)
    meant_for = _profile_of(stored)
    if meant_for and meant_for != profile:
        remedy = f"add --profile {meant_for}, or import the levels of {profile} under another name"
        raise LevelError(f"--levels {name_or_file}", f"stored for profile {meant_for}, not {profile}", remedy)
    return levels_from_file(stored)


def _profile_of(path: Path) -> str:
    first = read_levels_text(path).partition("\n")[0]
    return first.removeprefix(_PROFILE_LINE).strip() if first.startswith(_PROFILE_LINE) else ""
