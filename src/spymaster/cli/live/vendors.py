"""The vendors of a live session: those of the keys that are there, or those that are played on this machine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from spymaster.cli.live.demo_day import day_of_spy
from spymaster.cli.live.request import Asked, with_levels_of
from spymaster.cli.request import parse_speed
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.live.source import QUIET_S
from spymaster.feeds.live.supervision import Clock, SystemClock
from spymaster.resources import bundled_recording
from spymaster.session.live.owner import lock_of, owned
from spymaster.session.live.vendors import (
    Accounts,
    Roles,
    Vendor,
    accounts_of,
    found_keys,
    role_lines,
    roles_of,
)

_DEMO_ENDS_S: Final = 0.5
"""So long after the demo's last moment its session ends: what was sent by then has arrived."""


class Opened(msgspec.Struct, frozen=True):
    """Vendors that can be read, and their time. ``is_over``: whether they have nothing more; ``pace``: event seconds a
    second; ``asked``: with what they bring along."""

    asked: Asked
    accounts: Accounts
    roles: Roles
    clock: Clock
    is_over: Callable[[], bool]
    pace: float = 1.0

    @property
    def quiet_s(self) -> float:
        """After how long without a record a watermark moves the clock."""
        return QUIET_S / self.pace

    @property
    def lines(self) -> tuple[str, ...]:
        """Who gives what."""
        return role_lines(self.roles, self.asked.profile, self.accounts)


def locks() -> Path:
    """Where it is noted who holds a key or a folder."""
    return Path(platformdirs.user_state_dir("spymaster-tui")) / "live"


def locked(kind: str, what: str, words: str, out: Path) -> contextlib.AbstractContextManager[None]:
    """Hold a key or a folder inside. Raises UserError where another process does."""
    return owned(lock_of(locks(), kind, what), words, out)


@contextlib.contextmanager
def opened(asked: Asked) -> Iterator[Opened]:
    """The vendors. Raises UserError."""
    with _played(asked) if asked.demo else _real(asked) as vendors:
        yield vendors


@contextlib.contextmanager
def _real(asked: Asked) -> Iterator[Opened]:
    if parse_speed(asked.speed, None) is not None:
        raise UserError(f"--speed {asked.speed}", "the market has its own", "leave it out", code=ExitCode.USAGE)
    keys = found_keys()
    accounts = accounts_of(keys)
    roles = roles_of(asked.config.live, asked.profile, accounts)
    with contextlib.ExitStack() as stack:
        for vendor in sorted(roles.vendors):
            stack.enter_context(locked("key", keys[vendor].secret, keys[vendor].name, asked.out))
        yield Opened(asked, accounts, roles, SystemClock(), lambda: False)


@contextlib.contextmanager
def _played(asked: Asked) -> Iterator[Opened]:
    """The demo: profile es on a gateway of Databento's, profile spy on that and on a server of Massive's."""
    from spymaster.loopback.pace import Pace, PlayedClock
    from spymaster.loopback.vendors import played_vendors

    speed = parse_speed(asked.speed, 1.0)
    if speed is None:
        raise UserError("--speed max", "a live market has a time of its own", "give a number", code=ExitCode.USAGE)
    is_spy = bool(asked.profile.underlying_symbol)
    recording = day_of_spy() if is_spy else bundled_recording()
    with played_vendors(recording, speed, with_massive=is_spy) as played:
        names = {Vendor.DATABENTO: "the demo's", Vendor.MASSIVE: "the demo's"}
        accounts = Accounts(played.databento, played.massive, names)
        pace: Pace = played.pace
        roles = roles_of(asked.config.live, asked.profile, accounts)
        is_over = _over_behind(PlayedClock(pace), played.end_ns)
        yield Opened(with_levels_of(asked, recording), accounts, roles, PlayedClock(pace), is_over, speed)


def _over_behind(clock: Clock, end_ns: int) -> Callable[[], bool]:
    over_s: list[float] = []

    def is_over() -> bool:
        if clock.wall_ns() > end_ns and not over_s:
            over_s.append(time.monotonic())
        return bool(over_s) and time.monotonic() - over_s[0] > _DEMO_ENDS_S

    return is_over
