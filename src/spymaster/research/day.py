"""A day of a source: the unit of work. What it is read from, and the hash of everything in that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from spymaster.config.profiles import EsProfile, Profile, SpyProfile
from spymaster.market.frames import UserLevel
from spymaster.session.sources.forms import Form, open_source
from spymaster.session.sources.recorded import RecordedSource
from spymaster.session.sources.replay_source import ReplayPlan

_PROFILES: Final[dict[str, type[EsProfile] | type[SpyProfile]]] = {"es": EsProfile, "spy": SpyProfile}
AS_RECORDED: Final = "as recorded"
"""What a result depends on of a configuration, where the recording's own is kept."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One trade date of one source. ``name``: of the source, for people; ``date``: yyyymmdd; ``run``: of a lake.

    ``is_part``: the files hold other dates too, which are left out. ``inputs``: hash of all that is read of it.
    ``profile``: what its recording was made with, empty where nothing says.
    """

    name: str
    date: int
    form: Form
    paths: tuple[str, ...]
    inputs: str
    run: str = ""
    is_part: bool = False
    profile: str = ""
    levels: tuple[UserLevel, ...] = ()
    simulated: bool = False
    symbol: str | None = None
    warmup: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """The folder of a journal or a lake."""
        return Path(self.paths[0])


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a day's engine. ``profile``: its name, ``values``: all of its keys; ``as_recorded``: a session's
    own recording keeps the CONFIG it was made with."""

    profile: str
    values: dict[str, Any]
    as_recorded: bool = False

    @property
    def of_profile(self) -> Profile:
        """The profile itself."""
        profile: Profile = msgspec.convert(self.values, _PROFILES[self.profile])
        return profile

    @property
    def depends(self) -> object:
        """What a result of the engine depends on."""
        return AS_RECORDED if self.as_recorded else [self.profile, self.values]


def settings_of(day: Day, profile: Profile, *, changed: bool) -> Settings:
    """``changed``: whether the configuration says something of this profile, so that a recording's own is left."""
    return Settings(
        profile=profile.name,
        values=msgspec.to_builtins(profile),
        as_recorded=day.form is not Form.FILES and not changed,
    )


def plan_for(day: Day, settings: Settings) -> ReplayPlan:
    """How a day is replayed by a worker: by one thread."""
    return ReplayPlan(
        sources=tuple(map(Path, day.paths)),
        profile=settings.of_profile,
        symbol=day.symbol,
        user_levels=day.levels,
        warmup=tuple(map(Path, day.warmup)),
        as_recorded=settings.as_recorded,
        date=day.date if day.is_part else None,
        read_ahead=False,
    )


def open_day(day: Day, settings: Settings) -> RecordedSource:
    """A day's frames. Raises SourceError, JournalError or LakeError."""
    plan = plan_for(day, settings)
    if day.form is not Form.LAKE:
        return open_source(plan)
    from spymaster.lake.catalog import Lake
    from spymaster.lake.storage.files import LocalStorage
    from spymaster.session.sources.recorded_order import bronze_in_recorded_order

    lake = Lake(LocalStorage(day.root))
    return bronze_in_recorded_order(lake, lake.run(day.run), plan)


def without_place(line: str, day: Day) -> str:
    """A line about a file without the folder it lies in, which differs from machine to machine."""
    for path in day.paths:
        line = line.replace(f"{Path(path).parent}/", "")
    return line
