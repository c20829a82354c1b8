"""From what the user names (files, folders, recordings) to the DBN files meant, or one line saying what is wrong."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.vendor_folder import VendorNotes, vendor_notes
from spymaster.feeds.errors import SourceError
from spymaster.feeds.merge import sort_key
from spymaster.market.dtypes import SCHEMA_KINDS, recv_ns
from spymaster.market.kinds import UNDEF_TIMESTAMP

DBN_ENDINGS: Final = (".dbn", ".dbn.zst")
MANIFEST: Final = "manifest.json"
"""Marks a folder as a recording (or a vendor's delivery): every DBN file below it belongs to it."""

_ANY: Final = ""
"""Stands for every instrument, in a file whose header names none."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files of a source by sorted base name, and a line for each file of a folder that was passed over."""

    files: tuple[DbnFile, ...]
    skipped: tuple[str, ...]


def discover(sources: Iterable[str | os.PathLike[str]]) -> Discovery:
    """Find and open the DBN files of the sources, in an order that does not depend on theirs.

    A source is a DBN file; a folder of them; a folder with subfolders named after schemas (``trades``, ``MBP-10``); or
    a recording, a folder with a manifest. A file named twice counts once. Raises :class:`SourceError` when there is
    nothing, for a named file that cannot be used, and when two files of one schema and instrument overlap in time.
    """
    named: list[Path] = []
    found: list[Path] = []
    for source in map(Path, sources):
        if source.is_dir():
            found += _in_folder(source)
        else:
            named.append(source)
    files = [DbnFile.open(path) for path in _once(named)]
    seen = {path.resolve() for path in named}
    skipped = []
    for path in _once(found):
        if path.resolve() in seen:
            continue
        try:
            files.append(DbnFile.open(path))
        except SourceError as error:
            skipped.append(str(error))
    if not files:
        if skipped:
            raise SourceError(
                found[0].parent, f"no usable DBN file among {len(found)}", f"begin with the first: {skipped[0]}"
            )
        raise SourceError("the source", "nothing was named", "name DBN files or a folder of them")
    _add_notes(files, skipped)
    files.sort(key=sort_key)
    _refuse_overlaps(files)
    return Discovery(tuple(files), tuple(skipped))


def _add_notes(files: Sequence[DbnFile], problems: list[str]) -> None:
    """Give each file what the vendor laid beside it; of a folder's subfolders, what lies in the folder above too."""
    known: dict[Path, VendorNotes] = {}
    for file in files:
        for folder in (file.path.parent, file.path.parent.parent):
            if folder not in known:
                known[folder] = vendor_notes(folder)
                problems += known[folder].problems
            notes = known[folder]
            if notes.conditions or notes.spans:
                file.notes = notes
                break


def _in_folder(folder: Path) -> list[Path]:
    is_recording = (folder / MANIFEST).is_file()
    found = list(_dbn_files(folder))
    subfolders = sorted(path for path in _entries(folder) if path.is_dir())
    for subfolder in subfolders:
        if is_recording:
            found += _below(subfolder)
        elif subfolder.name.lower() in SCHEMA_KINDS:
            found += _dbn_files(subfolder)
    if found:
        return found
    elsewhere = [path.name for path in subfolders if next(_dbn_files(path), None)]
    remedy = f"name one of its subfolders: {', '.join(elsewhere[:8])}" if elsewhere else "name a folder that holds some"
    raise SourceError(folder, "no .dbn or .dbn.zst files in this folder", remedy)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise SourceError(folder, f"cannot be listed ({error.strerror})", "check its permissions") from None


def _dbn_files(folder: Path) -> Iterator[Path]:
    return (path for path in _entries(folder) if path.name.endswith(DBN_ENDINGS) and not path.is_dir())


def _below(folder: Path) -> Iterator[Path]:
    yield from _dbn_files(folder)
    for path in _entries(folder):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)


def _once(paths: Iterable[Path]) -> list[Path]:
    return list({path.resolve(): path for path in paths}.values())


def _refuse_overlaps(files: Sequence[DbnFile]) -> None:
    """Raise where two files would tell the same story twice.

    By start, a file that does not overlap the one before it of the same instrument overlaps none of those before.
    """
    for _, group in itertools.groupby(sorted(files, key=_family), key=_family):
        latest: dict[str, DbnFile] = {}
        for later in sorted(group, key=lambda file: (file.first_ns, sort_key(file))):
            names = _names(later)
            earlier_ones = {latest[name] for name in (names | {_ANY} if names else latest.keys()) if name in latest}
            for earlier in sorted(earlier_ones, key=sort_key):
                if _overlap(earlier, later) and _share_an_instrument(earlier, later):
                    raise SourceError(
                        later.path,
                        f"overlaps {earlier.path} in time, with the same schema and instrument",
                        "leave one of the two out",
                    )
            latest.update(dict.fromkeys(names or {_ANY}, later))


def _names(file: DbnFile) -> set[str]:
    """What the header says the file holds: symbols, and ids, since one contract may go by several names."""
    return {name for span in file.spans for name in (span.symbol, f"#{span.instrument_id}")} or set(file.header.symbols)


def _share_an_instrument(one: DbnFile, other: DbnFile) -> bool:
    """Whether records of one instrument stand in both: parts of a delivery may bear the header of the whole."""
    ids, others = ({seen.instrument_id for seen in file.survey.seen} for file in (one, other))
    return not ids.isdisjoint(others)


def _family(file: DbnFile) -> tuple[str, str]:
    return file.dataset, file.schema or ""


def _overlap(earlier: DbnFile, later: DbnFile) -> bool:
    """True when a record of ``earlier`` reached the vendor after the first of ``later``.

    The header settles it where it ends before; otherwise the records of the earlier file are read, up to the first
    that tells.
    """
    if not later.first_ns or not earlier.first_ns:
        return False
    if earlier.header.end_ns is not None and earlier.header.end_ns <= later.first_ns:
        return False
    if earlier.first_ns == later.first_ns:
        return True
    chunks = earlier.chunks()
    try:
        return any(
            bool(((recv > later.first_ns) & (recv != UNDEF_TIMESTAMP)).any())
            for batch in chunks
            for recv in itertools.starmap(recv_ns, batch.arrays.items())
        )
    finally:
        chunks.close()
