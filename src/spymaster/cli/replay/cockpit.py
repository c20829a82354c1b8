"""The cockpit on a replay, and pictures of it."""

from __future__ import annotations

import dataclasses
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spymaster.atomic_output import write_whole
from spymaster.cli.parsing.scoring import session_models
from spymaster.config.origins import Setting
from spymaster.config.profiles import Profile
from spymaster.config.structs import Cache, Config
from spymaster.errors import ExitCode, UserError
from spymaster.resources import bundled_recording
from spymaster.session.malloc import fix_mmap_threshold
from spymaster.session.replay.practice import PracticePlan, journal_path
from spymaster.session.replay.session import ReplaySession
from spymaster.session.scoring.session_models import SessionModels
from spymaster.signals.watcher import Watchers

if TYPE_CHECKING:
    from spymaster.bus.serving import Serving
    from spymaster.cli.request import Moment, Prepared
    from spymaster.session.replay.cache import CachePlan
    from spymaster.tui.options import AppOptions

_SIZE: Final = re.compile(r"^(\d{2,3})x(\d{1,3})$")
_SMALLEST: Final = (20, 5)
_LARGEST: Final = (400, 200)
_REACH_S: Final = 3600.0
_LOOK_S: Final = 0.5


def run_cockpit(
    prepared: Prepared,
    speed: float | None,
    theme: str | None,
    *,
    colour: str = "auto",
    mouse: bool = True,
    notice: str = "",
    cached: bool = True,
    serving: Serving | None = None,
    config: Path | None = None,
    alerts: bool = False,
    on_open: Callable[[], None] | None = None,
) -> int:
    """Show a replay until the user leaves; returns the exit code.

    ``serving``: shows it to others too; ``config``: the file of ``--config``, followed for rules; ``alerts``: ring, and
    judge the rules, in this replay; ``on_open``: told that the user left to choose something else.
    """
    options = app_options(prepared.config, theme, colour=colour, mouse=mouse, notice=notice)
    options = with_usual(options, prepared.config, prepared.plan.profile)
    from spymaster.cli.live.rules import alert_watch
    from spymaster.tui.run import run_app

    rules = alert_watch(prepared.config, config, judges=alerts or prepared.config.alerts.in_replay)
    options = dataclasses.replace(
        options, alerts=rules, on_open=on_open, settings=partial(_settings, prepared, options)
    )

    # a switch every half millisecond keeps the engine's thread from waiting behind a frame that is being drawn
    sys.setswitchinterval(0.0005)
    fix_mmap_threshold()
    session = ReplaySession(
        prepared.plan,
        simulated=prepared.simulated,
        speed=speed,
        cache=cache_plan(prepared.config.cache, cached=cached),
        models=models_of(prepared),
        watcher=rules if serving is None else Watchers(rules, serving),
        practice=practice_plan(prepared),
    )
    try:
        rules.start()
        session.start()
        if serving is not None:
            serving.start(session)
        ending = run_app(session, options)
    finally:
        session.stop()
        rules.stop()
    if session.failure:
        print(f"error: {session.failure}", file=sys.stderr)
        return ExitCode.DATA
    remember(prepared.plan.sources)
    return int(ending)


def _settings(prepared: Prepared, options: AppOptions) -> tuple[Setting, ...]:
    """What is set, the profile that the records are judged by first."""
    profile = prepared.plan.profile.name
    meaning = f"What levels are of and how they are judged: the keys of [profile.{profile}]."
    told = options.settings() if options.settings is not None else ()
    return (Setting("profile", profile, prepared.profile_from, meaning), *told)


def remember(sources: Sequence[Path]) -> None:
    """Put a source into the list of what was opened last; what is bundled is always offered, and what is in a
    bucket never, for the start screen asks no server."""
    from spymaster.cli.replay.recent import note_opened, recent_file
    from spymaster.lake.storage.opening import bucket_url

    if len(sources) == 1 and bucket_url(sources[0]) is None and sources[0].absolute() != bundled_recording().absolute():
        refused = note_opened(recent_file(), sources[0])
        if refused:
            logging.getLogger("spymaster").warning("%s", refused)


def run_unseen(prepared: Prepared, speed: float | None, serving: Serving) -> int:
    """Replay for those who are served alone, to the end of the recording; returns the exit code."""
    sys.setswitchinterval(0.0005)
    session = ReplaySession(
        prepared.plan,
        simulated=prepared.simulated,
        speed=speed,
        cache=cache_plan(prepared.config.cache, cached=False),
        models=models_of(prepared),
        watcher=serving,
    )
    try:
        session.start()
        serving.start(session)
        # a wait that signals can interrupt
        while not session.reached.wait(_LOOK_S):
            pass
    finally:
        session.stop()
    if session.failure:
        print(f"error: {session.failure}", file=sys.stderr)
        return ExitCode.DATA
    return os.EX_OK


def write_screenshot(prepared: Prepared, moment: Moment, theme: str | None, *, cached: bool = True) -> int:
    """Write the screen at a moment of the replay as SVG; returns the exit code."""
    size = parse_size(moment.size)
    until_ns = _moment_ns(prepared, moment.at)
    options = app_options(prepared.config, theme, colour="truecolor")
    from spymaster.cli.moments import check_reached
    from spymaster.signals.frame import Phase
    from spymaster.tui.screenshot import render_screenshot

    cache = cache_plan(prepared.config.cache, cached=cached)
    session = ReplaySession(
        prepared.plan,
        simulated=prepared.simulated,
        speed=None,
        until_ns=until_ns,
        cache=cache,
        models=models_of(prepared),
    )
    try:
        session.start()
        if not session.reached.wait(_REACH_S):
            problem = f"not reached within {_REACH_S:.0f} s"
            raise UserError(f"--at {moment.at}", problem, "choose an earlier moment", code=ExitCode.USAGE)
        if session.failure:
            print(f"error: {session.failure}", file=sys.stderr)
            return ExitCode.DATA
        if not session.signal_hash:
            names = ", ".join(map(str, prepared.plan.sources))
            print(f"error: {names}: holds no record of an open market; there is nothing to show", file=sys.stderr)
            return ExitCode.DATA
        shown = session.latest()
        if shown is not None and shown.header.phase is Phase.ENDED:
            check_reached("--at", moment.at, until_ns, shown.t_ns)
        picture = render_screenshot(session, size, moment.screen, options)
    finally:
        session.stop()
    try:
        write_whole(moment.file, picture.encode())
    except OSError as error:
        print(f"error: {moment.file}: {error.strerror}; choose another file", file=sys.stderr)
        return ExitCode.FAILURE
    print(f"{moment.file}: {size[0]}x{size[1]} {moment.screen}", file=sys.stderr)
    return os.EX_OK


def app_options(config: Config, theme: str | None, *, colour: str, mouse: bool = True, notice: str = "") -> AppOptions:
    """What the screen needs to know. Settles the colour depth first: the toolkit reads the environment at import."""
    from spymaster.tui.terminal.colour import prepare_colour

    depth = prepare_colour(colour, os.environ)

    import platformdirs

    from spymaster.cli.doctor import findings_on_screen
    from spymaster.cli.settings import settings_of_command
    from spymaster.tui.keys.keymap import load_keymap
    from spymaster.tui.options import AppOptions

    home = Path(platformdirs.user_config_dir("spymaster-tui"))
    return AppOptions(
        keymap=load_keymap(config.ui.keymap),
        theme=theme or config.ui.theme,
        theme_folder=home / "themes",
        glyphs=config.ui.glyphs,
        colour=depth,
        mouse=mouse,
        notice=notice,
        doctor=partial(findings_on_screen, config),
        settings=settings_of_command(),
    )


def with_usual(options: AppOptions, config: Config, profile: Profile) -> AppOptions:
    """The options with what compares today with the days of the configured lake; as they are where there is none."""
    root = config.lake.path
    if not root:
        return options
    import dataclasses

    from spymaster.lake.catalog import Lake
    from spymaster.lake.storage.opening import open_storage
    from spymaster.market.instruments import FUTURES_CALENDAR
    from spymaster.session.past_tests import PastTestDays
    from spymaster.session.usual import UsualDays

    def opened() -> Lake:
        return Lake(open_storage(root, s3_endpoint=config.lake.s3_endpoint))

    past = PastTestDays(opened, profile.underlying_symbol or profile.product, FUTURES_CALENDAR)
    return dataclasses.replace(
        options, usual=UsualDays(opened, profile.product, FUTURES_CALENDAR).look, past_tests=past.look
    )


def models_of(prepared: Prepared) -> SessionModels:
    """What models are asked in a replay, which can go back to what is in its own recording."""
    names = (*(path.name for path in prepared.plan.sources), *(one.name for one in prepared.manifests))
    return session_models(prepared.config, simulated=prepared.simulated, recordings=names, is_kept=False)


def practice_plan(prepared: Prepared) -> PracticePlan:
    """Practice on a recording, its journal in the user's data folder."""
    names = ", ".join(source.resolve().name for source in prepared.plan.sources)
    return PracticePlan(journal=journal_path(), source=names, simulated=prepared.simulated)


def cache_plan(cache: Cache, *, cached: bool) -> CachePlan:
    """Where a replay keeps what makes seeking fast; ``cached`` False: nothing on disk."""
    import platformdirs

    from spymaster.session.replay.cache import CachePlan

    folder = Path(platformdirs.user_cache_dir("spymaster-tui")) / "replay"
    return CachePlan(
        folder=folder if cached and cache.max_mb > 0 else None,
        max_bytes=cache.max_mb * 1_000_000,
        max_checkpoints=cache.max_checkpoints,
        every_ns=round(cache.checkpoint_every * 1e9),
    )


def parse_size(text: str) -> tuple[int, int]:
    """``120x40`` as (columns, rows). Raises UserError."""
    match = _SIZE.match(text)
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (_SMALLEST[0] <= size[0] <= _LARGEST[0] and _SMALLEST[1] <= size[1] <= _LARGEST[1]):
        remedy = "give columns x rows from 20x5 to 400x200, such as 120x40"
        raise UserError(f"--size {text}", "not a usable size", remedy, code=ExitCode.USAGE)
    return size


def _moment_ns(prepared: Prepared, at: str | None) -> int | None:
    """The moment in ns; None for the end of the recording. A source that holds nothing is refused here, at once."""
    from spymaster.cli.moments import moment_ns
    from spymaster.session.sources.forms import open_source

    source = open_source(prepared.plan)
    try:
        source.config_frame()
        return None if at is None else moment_ns("--at", at, source)
    finally:
        source.close()
