"""From the command line's words about a source to a plan."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.config.loader import load_config
from spymaster.config.profiles import Profile
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.bars.bars import Stamped
from spymaster.market.levels import MAX_USER_LEVELS
from spymaster.market.manifest import RecordingManifest
from spymaster.session.levels.sets import levels_named
from spymaster.session.levels.user import levels_from_flags, unique_levels
from spymaster.session.sources.forms import Form, form_of, manifests_of, runs_left_out
from spymaster.session.sources.replay_source import ReplayPlan

_SLOWEST: Final = 0.25
_FASTEST: Final = 64.0
_DEFAULT_PROFILE: Final = "spy"
RECORDED_ORDER: Final = "lived"
VENDOR: Final = "vendor"
_TAGGED: Final = re.compile(r"(?P<symbol>[A-Za-z][A-Za-z.]{0,9})=(?P<path>.+)")


class Request(msgspec.Struct, frozen=True):
    """What was asked for, as written. ``gateway``, ``listen``: of a replay, whether and where it is served."""

    sources: tuple[Path, ...]
    config: Path | None
    profile: str | None
    symbol: str | None
    level: tuple[str, ...] = ()
    levels: str | None = None
    speed: str = ""
    chunk: int | None = None
    theme: str | None = None
    warmup: tuple[str, ...] = ()
    bars_stamped: str = Stamped.START
    date: str | None = None
    run: str | None = None
    order: str | None = None
    kind: tuple[str, ...] = ()
    publisher: int | None = None
    gateway: bool = False
    listen: str = ""


class Moment(msgspec.Struct, frozen=True):
    """A screen at a moment, as written."""

    file: Path
    at: str | None
    size: str
    screen: str


class Prepared(msgspec.Struct, frozen=True):
    """A request understood: its configuration, its plan, and what its recordings say about themselves.
    ``profile_from``: who chose the profile, in words."""

    config: Config
    plan: ReplayPlan
    manifests: tuple[RecordingManifest, ...]
    profile_from: str = "default"

    @property
    def simulated(self) -> bool:
        """Whether any of it is simulated; then it must say so wherever it is shown."""
        return any(manifest.simulated for manifest in self.manifests)


def prepare(request: Request) -> Prepared:
    """Read configuration, manifests and levels. Raises UserError."""
    if request.chunk is not None and request.chunk < 1:
        raise UserError(f"--chunk {request.chunk}", "reads nothing at a time", "give at least 1", code=ExitCode.USAGE)
    config = load_config(request.config)
    endpoint = config.lake.s3_endpoint
    manifests = tuple(manifest for source in request.sources for manifest in manifests_of(source, endpoint))
    _check_order(request)
    recorded = next((manifest.profile for manifest in manifests), _DEFAULT_PROFILE)
    profile = config.profile(request.profile or recorded)
    levels = [level for manifest in manifests for level in manifest.user_levels]
    if request.levels is not None:
        levels += levels_named(request.levels, profile.name)
    levels += levels_from_flags(request.level)
    levels = unique_levels(levels)
    if len(levels) > MAX_USER_LEVELS:
        problem = f"{len(levels)} levels were asked for"
        raise UserError("--level", problem, f"at most {MAX_USER_LEVELS} fit, leave some out", code=ExitCode.USAGE)
    warmup, equity_warmup = parse_warmup(request.warmup, profile)
    plan = ReplayPlan(
        sources=request.sources,
        profile=profile,
        symbol=request.symbol,
        user_levels=tuple(levels),
        records_per_chunk=request.chunk,
        warmup=warmup,
        equity_warmup=equity_warmup,
        bars_stamped=parse_stamped(request.bars_stamped),
        date=parse_date(request.date),
        run=request.run,
        publisher=request.publisher,
        in_vendor_order=request.order == VENDOR,
        s3_endpoint=endpoint,
        as_recorded=not (request.profile or request.config or request.level or request.levels),
    )
    for line in runs_left_out(plan):
        print(f"note: {line}; --run names another", file=sys.stderr)
    chosen = "command line" if request.profile else "the recording's manifest" if manifests else "default"
    return Prepared(config, plan, manifests, chosen)


def refuse_recorded(request: Request, what: str) -> None:
    """For a command that reads files alone. Raises UserError for a session's own journal and for a lake."""
    form = form_of(request.sources)
    if form is not Form.FILES:
        place, problem = str(request.sources[0]), f"this is {form.value}, and {what} reads DBN files alone"
        raise UserError(place, problem, "make files of it with 'spymaster-tui export dbn'", code=ExitCode.DATA)


def parse_warmup(texts: Iterable[str], profile: Profile) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The paths of ``--warmup``: (for the future, for the share named as ``SPY=PATH``). Raises UserError."""
    plain: list[Path] = []
    of_equity: list[Path] = []
    for text in texts:
        match = _TAGGED.fullmatch(text)
        if match is None or Path(text).exists():
            plain.append(Path(text))
        elif match["symbol"].upper() == profile.underlying_symbol:
            of_equity.append(Path(match["path"]))
        else:
            share = profile.underlying_symbol
            remedy = f"write {share}=PATH for it, PATH alone for the future" if share else "write PATH alone"
            problem = f"profile {profile.name} uses no share {match['symbol']}"
            raise UserError(f"--warmup {text}", problem, remedy, code=ExitCode.USAGE)
    return tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(of_equity))


def _check_order(request: Request) -> None:
    """A session's own recording has two orders, vendor files have one. Raises UserError."""
    if request.order not in (None, RECORDED_ORDER, VENDOR):
        raise UserError(
            f"--order {request.order}",
            "there is no such order",
            f"choose {RECORDED_ORDER} or {VENDOR}",
            code=ExitCode.USAGE,
        )
    own = form_of(request.sources) is not Form.FILES
    if request.order == RECORDED_ORDER and not own:
        remedy = "name a journal or a lake, or leave it out"
        raise UserError("--order lived", "DBN files know no order of arrival", remedy, code=ExitCode.USAGE)


def parse_date(text: str | None) -> int | None:
    """A trade date as yyyymmdd. Raises UserError."""
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        remedy = "write a trade date such as 2024-01-05"
        raise UserError(f"--date {text}", "is not a date", remedy, code=ExitCode.USAGE) from None
    return day.year * 10_000 + day.month * 100 + day.day


def parse_stamped(text: str) -> Stamped:
    """Which end of its minute a bar's time is. Raises UserError."""
    try:
        return Stamped(text)
    except ValueError:
        problem = "a bar's time is its start or its end"
        raise UserError(f"--bars-stamped {text}", problem, "write one of the two", code=ExitCode.USAGE) from None


def parse_speed(text: str, default: float | None) -> float | None:
    """Event seconds per second, or None for max. Raises UserError for anything else."""
    if not text:
        return default
    if text == "max":
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not _SLOWEST <= speed <= _FASTEST:
        remedy = f"give a number from {_SLOWEST} to {_FASTEST:g}, or max"
        raise UserError(f"--speed {text}", "not a usable speed", remedy, code=ExitCode.USAGE)
    return speed
