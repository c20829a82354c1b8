"""What the start screen offers: live and what it lacks, what was opened last, what lies in the usual folders."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import platformdirs

from spymaster.cli.replay.recent import Opened, read_recent
from spymaster.config.structs import Config
from spymaster.errors import UserError
from spymaster.feeds.choice.discover import DBN_ENDINGS
from spymaster.feeds.dbn.vendor_folder import is_own_manifest
from spymaster.market.manifest import RecordingManifest
from spymaster.resources import bundled_recording
from spymaster.session.live.keys import DATABENTO, MASSIVE, find_key
from spymaster.session.sources.forms import Form, form_of, manifests_of
from spymaster.view.drawing.numbers import age
from spymaster.view.pages.start import Kind, StartChoice

MOST_LOOKED_AT: Final = 400
"""Folders looked into: the list is there at once, also in a folder of thousands."""

_CLIENTS: Final[Mapping[str, str]] = {"databento": "databento", "polygon": "polygon-api-client"}
"""Modules of vendors' clients, and the packages they come in."""

_KINDS: Final = {Form.FILES: Kind.RECORDING, Form.JOURNAL: Kind.JOURNAL, Form.LAKE: Kind.LAKE}
_FORMS: Final = {Form.FILES: "DBN files", Form.JOURNAL: "journal", Form.LAKE: "lake"}


def found_choices(
    config: Config, here: Path, recent: Path, now_ns: int | None = None
) -> tuple[tuple[StartChoice, ...], tuple[str, ...]]:
    """Everything that can be started from ``here``, in the order of the list, and lines about what could not be read.
    ``recent``: the file of what was opened last. Nothing is opened and no vendor is asked."""
    opened, note = read_recent(recent)
    now = time.time_ns() if now_ns is None else now_ns
    found = list(_found(_places(config, here)))
    choices = [*live_choices(os.environ), *(_recent(each, now) for each in opened)]
    for kind in (Kind.RECORDING, Kind.JOURNAL, Kind.LAKE):
        choices += [choice for choice in found if choice.kind is kind]
    demo = bundled_recording()
    choices.append(StartChoice(Kind.DEMO, "Demo", "the bundled recording, simulated, seven minutes", demo, form="demo"))
    return tuple(choices), (note,) if note else ()


def live_choices(environment: Mapping[str, str]) -> tuple[StartChoice, ...]:
    """The live sessions of both profiles with what each lacks, and the simulated day, which lacks nothing."""
    databento, massive = (find_key(names, environment) is not None for names in (DATABENTO, MASSIVE))
    spy = "ES depth and 0DTE options" if databento else "SPY and its 0DTE options, no ES depth: no score, no alert"
    return (
        _live(
            "Live SPY", "spy", spy, databento or massive, "DATABENTO_API_KEY, or MASSIVE_API_KEY for less", databento
        ),
        _live("Live ES", "es", "ES depth, tape and 0DTE options", databento, "DATABENTO_API_KEY", databento),
        StartChoice(
            *(Kind.DEMO_DAY, "Live demo", "a simulated day, live from a vendor played on this machine"),
            form="simulated",
        ),
    )


def _live(title: str, profile: str, gives: str, has_key: bool, keys: str, of_databento: bool) -> StartChoice:
    missing, remedy = "", ""
    client = "databento" if of_databento or not has_key else "polygon"
    if importlib.util.find_spec(client) is None:
        missing, remedy = f"the vendor's client is not installed ({client})", f"pip install {_CLIENTS[client]}"
    if not has_key:
        missing = "; ".join(filter(None, ("no vendor's key", missing)))
        remedy = "; ".join(filter(None, (f"set {keys} in the environment or in the system's keyring", remedy)))
    return StartChoice(Kind.LIVE, title, gives, None, missing, remedy, form="market", profile=profile)


def _recent(opened: Opened, now_ns: int) -> StartChoice:
    path = Path(opened.path)
    when = f"{age(max(now_ns - opened.at_ns, 0))} ago"
    if not path.exists():
        remedy = "it was moved or deleted, or its disk is not there; it leaves this list by itself"
        return StartChoice(Kind.RECENT, path.name, "", path, f"gone; opened {when}", remedy, form="?")
    choice = described(path)
    if choice is None:
        problem = "holds nothing that can be replayed any more"
        return StartChoice(Kind.RECENT, path.name, "", path, problem, "open another", form="?")
    detail = f"{when}   {choice.detail}"
    return StartChoice(Kind.RECENT, choice.title, detail, path, choice.missing, choice.remedy, choice.form)


def _places(config: Config, here: Path) -> Iterator[Path]:
    """Folders that may be sources: here and two below, the program's own sessions, the lake of the configuration."""
    yield from _below(here, 2)
    yield from _below(Path(platformdirs.user_data_dir("spymaster-tui")) / "live", 1)
    if config.lake.path and not config.lake.path.startswith("s3:"):
        yield Path(config.lake.path).expanduser()


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """The folder and those below it, in the order of their names; hidden ones and unreadable ones are passed over."""
    yield folder
    if depth == 0:
        return
    try:
        entries = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] != ".")
    except OSError:
        return
    for entry in entries:
        yield from _below(Path(entry), depth - 1)


def _found(places: Iterator[Path]) -> Iterator[StartChoice]:
    """Those that are sources, each once; what lies within one is part of it."""
    seen: list[Path] = []
    for _, place in zip(range(MOST_LOOKED_AT), places, strict=False):
        path = place.absolute()
        if any(path == known or known in path.parents for known in seen):
            continue
        if (choice := described(path)) is not None:
            seen.append(path)
            yield choice


def described(path: Path) -> StartChoice | None:
    """A source as a choice; None for a path that is none. What cannot be read is said in its place."""
    try:
        form = form_of((path,))
        if form is Form.FILES and not _is_files(path):
            return None
        manifests = manifests_of(path)
    except (UserError, OSError) as error:
        remedy = error.remedy if isinstance(error, UserError) else "check the path and its permissions"
        problem = error.problem if isinstance(error, UserError) else error.strerror or str(error)
        return StartChoice(Kind.RECORDING, path.name, "", path, problem, remedy, form="?")
    kind = _KINDS[form]
    word = "recording" if form is Form.FILES and manifests else _FORMS[form]
    return StartChoice(kind, path.name, _said_of(manifests), path, form=word)


def _is_files(path: Path) -> bool:
    if path.is_file():
        return path.name.endswith(DBN_ENDINGS)
    try:
        holds_any = path.is_dir() and any(entry.name.endswith(DBN_ENDINGS) for entry in os.scandir(path))
        return holds_any or is_own_manifest(path)
    except OSError:
        return False


def _said_of(manifests: Sequence[RecordingManifest]) -> str:
    """Contract, day, span and number of records of one recording; of several, how many there are."""
    if not manifests:
        return ""
    last = manifests[-1]
    begun, ended = last.start, last.end
    parts = [f"{last.symbol}, profile {last.profile}", f"{begun:%Y-%m-%d}"]
    parts.append(age(round((ended - begun).total_seconds() * 1e9)))
    parts.append(f"{last.records:,} records")
    if last.simulated:
        parts.append("simulated")
    if len(manifests) > 1:
        parts.insert(0, f"{len(manifests)} runs, the last")
    return ", ".join(parts)
