"""What was asked of a live session, as written and as understood."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import msgspec
import platformdirs

from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.cli.live.bus import bus_address
from spymaster.cli.live.gateway import gateway_plan
from spymaster.cli.request import parse_stamped, parse_warmup
from spymaster.config.loader import load_config
from spymaster.config.profiles import Profile
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.bars.bars import Stamped
from spymaster.journal.mirror_plan import BusAddress
from spymaster.market.frames import UserLevel
from spymaster.session.levels.sets import levels_named
from spymaster.session.levels.user import levels_from_flags, unique_levels
from spymaster.session.live.days_before import Wanted
from spymaster.session.record.recording import new_run_id
from spymaster.session.sources.forms import manifests_of

_DEMO_PROFILE = "es"


class LiveRequest(msgspec.Struct, frozen=True):
    """What was asked for, as written. ``out``: where it is recorded; ``speed``: of a demo, event seconds a second;
    ``days``: after how many trade dates it ends, None for never; ``nats``: mirror to a server of our own where the
    configuration names none; ``ingest``: bring everything to the bus and compute nothing; ``gateway``, ``listen``:
    whether and where signals are served."""

    out: Path
    config: Path | None
    profile: str | None
    symbol: str | None
    level: tuple[str, ...] = ()
    levels: str | None = None
    demo: bool = False
    speed: str = ""
    warmup: tuple[str, ...] = ()
    bars_stamped: str = Stamped.START
    days: int | None = None
    nats: bool = False
    ingest: bool = False
    gateway: bool = False
    listen: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A request understood. ``levels``: those named, not those of a demo's recording."""

    out: Path
    config: Config
    profile: Profile
    symbol: str | None
    levels: tuple[UserLevel, ...]
    demo: bool
    speed: str
    wanted: Wanted
    days: int | None
    gateway: GatewayPlan | None = None
    bus: BusAddress | None = None
    ingest: bool = False


def understood(request: LiveRequest) -> Asked:
    """Read configuration, levels and the names of bars. Raises UserError."""
    config = load_config(request.config)
    profile = config.profile(request.profile or (_DEMO_PROFILE if request.demo else None) or "spy")
    if request.days is not None and request.days < 1:
        raise UserError(f"--days {request.days}", "is no time at all", "give at least 1", code=ExitCode.USAGE)
    levels = list(levels_named(request.levels, profile.name)) if request.levels is not None else []
    levels += levels_from_flags(request.level)
    paths, equity_paths = parse_warmup(request.warmup, profile)
    for path in (*paths, *equity_paths):
        if not path.exists():
            raise UserError(f"--warmup {path}", "there is no such file or folder", "name one", code=ExitCode.USAGE)
    wanted = Wanted(paths, equity_paths, parse_stamped(request.bars_stamped))
    days = 1 if request.demo else request.days
    return Asked(
        *(request.out, config, profile, request.symbol, tuple(unique_levels(levels)), request.demo, request.speed),
        wanted,
        days,
        gateway_plan(config.gateway, wanted=request.gateway, listen=request.listen),
        bus_address(config.nats, wanted=request.nats or request.ingest),
        request.ingest,
    )


def with_levels_of(asked: Asked, recording: Path) -> Asked:
    """The same with the levels that a demo's recording comes with."""
    own = [level for manifest in manifests_of(recording) for level in manifest.user_levels]
    return msgspec.structs.replace(asked, levels=tuple(unique_levels([*own, *asked.levels])))


def default_out(*, demo: bool) -> Path:
    """A new folder for a session that was given none: a demo's is temporary."""
    if demo:
        return Path(tempfile.mkdtemp(prefix="spymaster-demo-"))
    return Path(platformdirs.user_data_dir("spymaster-tui")) / "live" / new_run_id(time.time_ns())


def following_out(first: Path, date: int) -> Path:
    """The folder of a later trade date, beside the first one: a new one, whatever is there already."""
    plain = first.with_name(f"{first.name}-{date}")
    return next(path for path in _candidates(plain) if not path.exists())


def _candidates(plain: Path) -> list[Path]:
    return [plain, *(plain.with_name(f"{plain.name}-{number}") for number in range(2, 1000))]
