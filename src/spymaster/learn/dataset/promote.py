"""Data sets that were found good: kept in a lake under a name, each version for good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.errors import ExitCode, UserError
from spymaster.lake.catalog import TRAINING
from spymaster.learn.dataset.card import card_text
from spymaster.learn.dataset.findings import Finding, failed
from spymaster.learn.dataset.parts import check_part
from spymaster.learn.dataset.set_manifest import NAME, SetManifest, encode_set_manifest, read_set_manifest

CARD: Final = "card.md"
FINDINGS: Final = "validation.json"
_GOOD_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VERSION: Final = re.compile(r"v(\d{4,})")
_READ_ONLY: Final = 0o444


def versions(lake: Path, name: str) -> list[tuple[int, Path]]:
    """The whole versions of a promoted set, oldest first."""
    folder = lake / TRAINING / name
    found = [
        (int(match[1]), one)
        for one in (folder.iterdir() if folder.is_dir() else ())
        if (match := _VERSION.fullmatch(one.name)) and (one / NAME).is_file()
    ]
    return sorted(found)


def promote(source: Path, lake: Path, name: str, findings: tuple[Finding, ...]) -> Path:
    """Copy a data set into a lake as the next version of ``name``; returns its folder. What is there is never changed.

    Raises UserError for a set whose checks failed, for one that is that version already, and for a name that is none.
    """
    if not _GOOD_NAME.fullmatch(name):
        remedy = "use up to 40 small letters, digits and hyphens"
        raise UserError(name, "is no name for a data set", remedy, code=ExitCode.USAGE)
    manifest = read_set_manifest(source)
    if failed(findings):
        wrong = next(one for one in findings if one.grade == "failed")
        problem = f"is not promoted: {wrong.check}: {wrong.said}"
        raise UserError(source, problem, "mend what it was built from and build it again", code=ExitCode.DATA)
    if not lake.is_dir():
        raise UserError(lake, "is no folder of this machine", "name the root of a lake", code=ExitCode.USAGE)
    known = versions(lake, name)
    for number, place in known:
        if read_set_manifest(place).id == manifest.id:
            raise UserError(
                source, f"is version {number} of {name} already", "nothing is to be done", code=ExitCode.USAGE
            )
    target = _claimed(lake / TRAINING / name, known[-1][0] + 1 if known else 1)
    for part in manifest.parts:
        check_part(source, part)
        _keep(target / part.path, (source / part.path).read_bytes())
    promoted = msgspec.structs.replace(manifest, name=f"{name} {target.name}", promoted_from=manifest.id)
    _keep(target / FINDINGS, msgspec.json.format(msgspec.json.encode(findings), indent=1) + b"\n")
    _keep(target / CARD, card_text(source, promoted, findings).encode())
    # last, for a version without it is none
    _keep(target / NAME, encode_set_manifest(promoted))
    return target


def promoted_sets(root: Path) -> Iterator[tuple[Path, SetManifest]]:
    """The data sets of a lake, by name and version; or those that lie in a folder, and the folder itself.

    Raises UserError for a manifest that cannot be read.
    """
    training = root / TRAINING
    if training.is_dir():
        for folder in sorted(training.iterdir()):
            for _, place in versions(root, folder.name):
                yield place, read_set_manifest(place)
        return
    for place in [root, *sorted(root.iterdir())] if root.is_dir() else []:
        if (place / NAME).is_file() and any(place.glob("date=*")):
            yield place, read_set_manifest(place)


def _claimed(folder: Path, number: int) -> Path:
    """A folder that nobody else has: what an interrupted promotion left is passed over and never reused."""
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        target = folder / f"v{number:04d}"
        try:
            target.mkdir()
        except FileExistsError:
            number += 1
        else:
            return target


def _keep(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, content)
    place.chmod(_READ_ONLY)
