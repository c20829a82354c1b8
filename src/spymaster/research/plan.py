"""PLAN.toml: which days, what is computed of each, under which configurations (docs/research.md 1)."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from spymaster.config.loader import Layer, load_config
from spymaster.config.structs import PROFILE_NAMES, Config
from spymaster.errors import ExitCode, UserError

StepName = Literal["replay", "evaluate", "export", "dataset", "rebuild-gold"]
ExportName = Literal["records", "signals", "alerts", "flows", "option-flow", "p-break", "tests"]
Glob = Annotated[str, msgspec.Meta(min_length=1)]

_ALONE: Final = "default"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_REMEDY: Final = "mend it there; 'spymaster-tui docs research' has the keys"


class ExportTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[export]``: which tables the step writes."""

    tables: Annotated[tuple[ExportName, ...], msgspec.Meta(min_length=1)] = ("records",)


class _PlanFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sources: Annotated[tuple[Glob, ...], msgspec.Meta(min_length=1)]
    steps: Annotated[tuple[StepName, ...], msgspec.Meta(min_length=1)]
    results: Annotated[str, msgspec.Meta(min_length=1)] = "results"
    first: dt.date | None = None
    last: dt.date | None = None
    profile: str | None = None
    symbol: str | None = None
    warmup: tuple[Glob, ...] = ()
    export: ExportTable | None = None
    configurations: dict[str, dict[str, Any]] = {}


class Configuration(msgspec.Struct, frozen=True):
    """A named configuration. ``changed``: the profiles of which it says something itself, by name."""

    name: str
    config: Config
    changed: frozenset[str]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan understood. ``sources``, ``warmup``: what the globs found, absolute and in order. ``steps``: by id, such
    as ``export flows``. ``results``: the folder they are kept in. ``first``, ``last``: trade dates, both included."""

    path: Path
    sources: tuple[Path, ...]
    steps: tuple[str, ...]
    results: Path
    first: dt.date | None
    last: dt.date | None
    profile: str | None
    symbol: str | None
    warmup: tuple[Path, ...]
    configurations: tuple[Configuration, ...]

    @property
    def folder(self) -> Path:
        """Where the plan lies: what its paths are relative to."""
        return self.path.parent

    def wants(self, date: int) -> bool:
        """Whether a trade date (yyyymmdd) is among those asked for."""
        day = dt.date(date // 10_000, date // 100 % 100, date % 100)
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def read_plan(path: Path, config: Path | None = None) -> Plan:
    """Read a plan. ``config``: the file of ``--config``, beneath what the plan's configurations say.

    Raises UserError, which names the file, the key and what is wrong with it.
    """
    path = path.absolute()
    asked = _parsed(path)
    folder = path.parent
    if asked.first is not None and asked.last is not None and asked.last < asked.first:
        raise UserError(f"{path}: last", f"{asked.last} lies before first, {asked.first}", _REMEDY, code=ExitCode.USAGE)
    if asked.profile is not None and asked.profile not in PROFILE_NAMES:
        problem = f"there is no profile {asked.profile!r}"
        raise UserError(f"{path}: profile", problem, f"write {' or '.join(PROFILE_NAMES)}", code=ExitCode.USAGE)
    if (asked.export is not None) != ("export" in asked.steps):
        problem = "is there without the step export" if asked.export is not None else "the step export has no tables"
        raise UserError(f"{path}: [export]", problem, "have both or neither", code=ExitCode.USAGE)
    return Plan(
        path=path,
        sources=_found(path, "sources", folder, asked.sources),
        steps=_steps(asked),
        results=folder / Path(asked.results).expanduser(),
        first=asked.first,
        last=asked.last,
        profile=asked.profile,
        symbol=asked.symbol,
        warmup=_found(path, "warmup", folder, asked.warmup),
        configurations=tuple(
            _configuration(path, name, table, config, asked.profile is not None)
            for name, table in (asked.configurations or {_ALONE: {}}).items()
        ),
    )


def _parsed(path: Path) -> _PlanFile:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return msgspec.convert(table, _PlanFile, strict=True)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise UserError(path, problem, "name a plan", code=ExitCode.USAGE) from None
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text (byte {error.start})"
        raise UserError(path, problem, "save it as UTF-8", code=ExitCode.USAGE) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "nested too deeply"
        raise UserError(path, f"is not valid TOML ({why})", "mend it there", code=ExitCode.USAGE) from None
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        where = f"{path}: {place.strip('`.')}" if place else path
        problem = problem.replace("Invalid enum value", "there is no", 1)
        raise UserError(where, problem[:1].lower() + problem[1:], _REMEDY, code=ExitCode.USAGE) from None


def _steps(asked: _PlanFile) -> tuple[str, ...]:
    """Ids of the steps, each once. Each table of an export is a step of its own: they depend on different things."""
    found: list[str] = []
    for step in asked.steps:
        tables = asked.export.tables if asked.export is not None else ()
        found += [f"export {table}" for table in tables] if step == "export" else [step]
    return tuple(dict.fromkeys(found))


def _found(path: Path, key: str, folder: Path, globs: tuple[str, ...]) -> tuple[Path, ...]:
    """What the globs name. Raises UserError for one that names nothing."""
    found: list[Path] = []
    for number, text in enumerate(globs):
        pattern = Path(text).expanduser()
        base = Path(pattern.anchor) if pattern.is_absolute() else folder
        parts = pattern.relative_to(pattern.anchor).parts if pattern.is_absolute() else pattern.parts
        hits = sorted(base.glob("/".join(parts))) if any(sign in text for sign in "*?[") else [base.joinpath(*parts)]
        hits = [hit for hit in hits if hit.exists() and not hit.name.startswith(".")]
        if not hits:
            place = f"{path}: {key}[{number}]"
            raise UserError(place, f"{text} names nothing that is there", "name what is", code=ExitCode.DATA)
        found += hits
    return tuple(dict.fromkeys(found))


def _configuration(
    path: Path, name: str, table: dict[str, Any], config: Path | None, is_of_one_profile: bool
) -> Configuration:
    """A configuration: the user's, under what the plan says of it. One with a profile named for all days, or a file
    that was asked for, is another than what a session recorded."""
    if _NAME.fullmatch(name) is None:
        problem, remedy = f"{name!r} is no name", "write letters, digits, - and _, at most 40"
        raise UserError(f"{path}: configurations", problem, remedy, code=ExitCode.USAGE)
    layer = Layer(f"{path}: [configurations.{name}]", table)
    is_other = config is not None or is_of_one_profile
    changed = PROFILE_NAMES if is_other else table.get("profile", {})
    return Configuration(name, load_config(config, last=layer), frozenset(changed))
