"""What a data set says about itself: ``manifest.json`` beside its parts, written last, so that with it all is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.errors import ExitCode, UserError

NAME: Final = "manifest.json"
VERSION: Final = 1
SIMULATED: Final = "sim-"
"""Ids of sets that were made of simulated worlds alone begin so."""
_SHOWN: Final = 12


class Input(msgspec.Struct, frozen=True):
    """What rows were made of. ``name``: as in the paths of its parts; ``sha256``: of everything that was read of it."""

    name: str
    sha256: str
    simulated: bool


class Part(msgspec.Struct, frozen=True):
    """One Parquet file: its path below the set, its rows' trade date (yyyymmdd) and source."""

    path: str
    sha256: str
    date: int
    source: str
    rows: int
    attempts: int


class SetManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A data set. ``schema``: SHA-256 of its table of columns, ``feature_schema`` of its features with their settings;
    ``code_sha256``: of the sources that decide what is in a row. ``excluded``: how much was left out, by reason.

    ``name``, ``promoted_from``: of a promoted set; ``profiles``: of the runs.
    """

    version: int = VERSION
    id: str
    simulated: bool
    code_version: str
    code_sha256: str
    schema: str
    feature_schema: str
    features: tuple[str, ...]
    profiles: tuple[str, ...]
    inputs: tuple[Input, ...]
    parts: tuple[Part, ...]
    rows: int
    attempts: int
    excluded: dict[str, int]
    name: str = ""
    promoted_from: str = ""


def set_id(schema: str, feature_schema: str, parts: Iterable[Part], *, simulated: bool) -> str:
    """What a set is called: the same rows have the same id, whoever builds them."""
    told = [schema, feature_schema, *(f"{part.path} {part.sha256}" for part in parts)]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return f"{SIMULATED if simulated else ''}{digest[:_SHOWN]}"


def encode_set_manifest(manifest: SetManifest) -> bytes:
    """As it is written: JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"


def write_set_manifest(folder: Path, manifest: SetManifest) -> None:
    """Write it. Raises OSError where the disk refuses."""
    write_whole(folder / NAME, encode_set_manifest(manifest))


def read_set_manifest(folder: Path) -> SetManifest:
    """The manifest of a data set. Raises UserError for a folder that is none, or one of a newer program."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=SetManifest)
    except FileNotFoundError:
        problem, remedy = "is no data set, or was not finished", "build it with 'spymaster-tui dataset build'"
        raise UserError(folder, problem, remedy, code=ExitCode.DATA) from None
    except NotADirectoryError:
        raise UserError(folder, "is a file", "name the folder of a data set", code=ExitCode.DATA) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = f"is no data set's manifest ({error})"
        raise UserError(folder / NAME, problem, "name a data set", code=ExitCode.DATA) from None
    if manifest.version > VERSION:
        problem = f"is of version {manifest.version}, and this program knows {VERSION}"
        raise UserError(folder, problem, "use the program that made it", code=ExitCode.DATA)
    return manifest
