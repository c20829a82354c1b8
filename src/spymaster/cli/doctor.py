"""``doctor``: what of this machine and its keys would keep a session from running well, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import platformdirs

from spymaster.cli.doctor_ways import HostWay, TerminalWay, host_way, terminal_way
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.journal.mirror_plan import EMBEDDED
from spymaster.tui.terminal.link import NARROW_BYTES_PER_S
from spymaster.view.pages.doctor import Finding, TerminalSeen

_COLUMNS: Final = 80
_ROWS: Final = 24
_LITTLE_BYTES: Final = 5_000_000_000
_MOST_LAG_MS: Final = 1000.0
_NATS_PORT: Final = 4222
_TLS_PORT: Final = 443
_MOST_RTT_S: Final = 0.2
_CLIENTS: Final = ("databento", "polygon-api-client", "keyring")


def run_doctor(config: Config, *, feeds: bool, as_json: bool) -> int:
    """Look, print, and return the exit code: 0 where nothing is wrong. ``feeds``: connect to the vendor too."""
    found = [*_terminal(), *_machine(config)]
    if feeds:
        found += [*_hosts(config), *_feeds(config)]
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        for one in found:
            print(f"{'ok  ' if one.is_well else 'LOOK'} {one.what:<10} {one.words}")
            if one.remedy:
                print(f"{'':15} {one.remedy}")
    return ExitCode.OK if all(one.is_well for one in found) else ExitCode.FAILURE


def findings_on_screen(config: Config, seen: TerminalSeen) -> Iterator[Finding]:
    """What the command finds without ``--feeds``. ``seen``: the terminal as the screen knows it, which may ask nobody:
    the answers would be taken for keys."""
    yield _of_size(seen.columns, seen.rows, seen.colours)
    if seen.rtt_s is None or seen.bytes_per_s is not None:
        yield from of_terminal(TerminalWay(seen.rtt_s, seen.bytes_per_s))
    else:
        yield next(of_terminal(TerminalWay(seen.rtt_s)))
        yield Finding("bandwidth", True, "wide enough so far: no picture has been long on its way")
    yield from _machine(config)


def _machine(config: Config) -> Iterator[Finding]:
    """Everything but terminal and vendors."""
    yield from (*_engine(), *_disk(), *_calendars(), *_keys())
    for url in () if config.nats.url == EMBEDDED else filter(None, config.nats.url.split(",")):
        yield from _nats(url)


def _terminal() -> Iterator[Finding]:
    from spymaster.tui.terminal.colour import detect_colour

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Finding("terminal", True, "none here; run, record and replay --headless need none")
        return
    size = os.get_terminal_size()
    yield _of_size(size.columns, size.lines, detect_colour(os.environ).name.lower())
    yield from of_terminal(terminal_way(sys.stdin.fileno(), sys.stdout.fileno()))


def _of_size(columns: int, rows: int, colours: str) -> Finding:
    is_large = columns >= _COLUMNS and rows >= _ROWS
    words = f"{columns}x{rows}, {colours}, TERM={os.environ.get('TERM', '')}"
    return Finding("terminal", is_large, words, "" if is_large else f"make it at least {_COLUMNS}x{_ROWS}")


def of_terminal(way: TerminalWay) -> Iterator[Finding]:
    """What the way to the terminal means for a screen."""
    if way.rtt_s is None:
        words = "it does not say when it has drawn, so the age of the picture cannot be known"
        yield Finding("way", False, words, "use a terminal that answers cursor position requests (DSR 6)")
        return
    is_near = way.rtt_s <= _MOST_RTT_S
    words = f"{way.rtt_s * 1e3:,.1f} ms there and back; every picture is at least that old"
    yield Finding("way", is_near, words, "" if is_near else "look from nearer, or at least without a second hop")
    if way.bytes_per_s is None:
        yield Finding("bandwidth", False, "it stopped answering while it was written to", "use another way to it")
        return
    is_wide = way.is_more or way.bytes_per_s >= NARROW_BYTES_PER_S
    words = f"{'more than ' if way.is_more else 'about '}{way.bytes_per_s / 1e3:,.0f} kB/s to the terminal"
    remedy = f"below {NARROW_BYTES_PER_S // 1000} kB/s colours are fewer and frames rarer: use a faster link, or ssh -C"
    yield Finding("bandwidth", is_wide, words, "" if is_wide else remedy)


def _engine() -> Iterator[Finding]:
    from spymaster.market.kernel_cache import CACHE_DIR_VARIABLE, CACHE_FOLDER, is_complete, write_refusal
    from spymaster.market.kernels.shipped import shipped_engine, why_none
    from spymaster.market.kernels.unused import KEPT_DAYS, kept_below

    if reason := why_none():
        yield Finding("shipped engine", False, f"not used: {reason}", "the engine is compiled here instead")
    if (shipped := shipped_engine()) is not None:
        yield Finding("engine", True, f"came compiled, in {shipped[0]}")
    elif is_complete(CACHE_FOLDER):
        size = f"{kept_below(CACHE_FOLDER.parent).bytes / 1e6:,.0f} MB"
        words = f"compiled, in {CACHE_FOLDER}; {size} are kept, and what nothing uses for {KEPT_DAYS} days goes"
        yield Finding("engine", True, words)
    elif (refusal := write_refusal(CACHE_FOLDER)) is not None:
        words = f"not compiled, and {CACHE_FOLDER} cannot be written ({refusal.strerror or refusal})"
        yield Finding("engine", False, words, f"name a folder that can be with {CACHE_DIR_VARIABLE}")
    else:
        yield Finding(
            "engine", False, "not compiled yet", "spymaster-tui warmup does it now, else the first start will"
        )


def _disk() -> Iterator[Finding]:
    folder = Path(platformdirs.user_data_dir("spymaster-tui"))
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    is_enough = free >= _LITTLE_BYTES
    words = f"{free / 1e9:,.0f} GB free at {there}"
    remedy = "" if is_enough else "a day of ES depth takes a few GB: free some space, or record elsewhere with --out"
    yield Finding("disk", is_enough, words, remedy)
    if not os.access(there, os.W_OK):
        yield Finding("disk", False, f"{there} cannot be written", "record elsewhere with --out")


def _calendars() -> Iterator[Finding]:
    from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR
    from spymaster.market.sessions import et_stamp, session_at, sessions_between

    now_ns = time.time_ns()
    for name in (FUTURES_CALENDAR, EQUITY_CALENDAR):
        try:
            session = session_at(sessions_between(name, now_ns, now_ns), now_ns)
        except UserError as error:
            yield Finding("calendar", False, str(error), "bring the package pandas-market-calendars up to date")
            continue
        opens = int(session["open_ns"])
        words = f"open since {et_stamp(opens)}" if opens <= now_ns else f"opens {et_stamp(opens)}"
        yield Finding("calendar", True, f"{name} {words}, closes {et_stamp(int(session['close_ns']))}")


def _keys() -> Iterator[Finding]:
    from spymaster.session.live.keys import DATABENTO, MASSIVE, find_key
    from spymaster.session.live.owner import lock_of, owner_of

    locks = Path(platformdirs.user_state_dir("spymaster-tui")) / "live"
    for names in (DATABENTO, MASSIVE):
        key = find_key(names)
        if key is None:
            yield Finding("key", True, f"no {' or '.join(names)}; live --demo, replay and simulate need none")
            continue
        owner = owner_of(lock_of(locks, "key", key.secret))
        words = f"{key.name} is set" + (f"; in use by {owner}" if owner is not None else "")
        yield Finding("key", True, words)
    versions = []
    for package in _CLIENTS:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"no {package}")
    yield Finding("clients", True, ", ".join(versions))


def _nats(url: str) -> Iterator[Finding]:
    """The server of the mirror; only where one is configured."""
    parts = urlsplit(url)
    remedy = 'start it there, or set [nats] url = "" to go without'
    yield of_host("nats", host_way(parts.hostname or "", parts.port or _NATS_PORT), remedy)


def _hosts(config: Config) -> Iterator[Finding]:
    """The vendors' hosts, whether or not there is a key: a connection is made and closed."""
    from spymaster.feeds.databento_live.lines_of_day import FUTURES_DATASET, LISTED_OPTIONS_DATASET
    from spymaster.feeds.databento_live.plan import Address
    from spymaster.feeds.massive_live.plan import REST_HOST, SOCKET_HOST

    address = Address("")
    datasets = (FUTURES_DATASET, config.live.equity_dataset, LISTED_OPTIONS_DATASET)
    wanted = [(address.host_of(dataset), address.port) for dataset in datasets]
    wanted += [(SOCKET_HOST, _TLS_PORT), (REST_HOST, _TLS_PORT)]
    with ThreadPoolExecutor(len(wanted)) as pool:
        for way in pool.map(lambda where: host_way(*where), wanted):
            yield of_host("host", way, f"let connections to port {way.port} out, or ask who runs this network")


def of_host(what: str, way: HostWay, remedy: str) -> Finding:
    """What the way to a host means."""
    where = f"{way.host}:{way.port}"
    if way.rtt_s is None:
        return Finding(what, False, f"{where} cannot be reached: {way.problem}", remedy)
    return Finding(what, True, f"{where} is {way.rtt_s * 1e3:,.1f} ms away, there and back")


def _feeds(config: Config) -> Iterator[Finding]:
    from spymaster.feeds.live.supervision import SystemClock
    from spymaster.session.live.day import DayPlan, LiveDay
    from spymaster.session.live.feed_check import check_feeds
    from spymaster.session.live.keys import refusal
    from spymaster.session.live.vendors import Vendor, accounts_of, found_keys, role_lines, roles_of

    profile = config.profile("spy")
    accounts = accounts_of(found_keys())
    try:
        roles = roles_of(config.live, profile, accounts)
    except UserError as error:
        yield Finding("feeds", False, f"{error.place} {error.problem}", error.remedy)
        return
    for line in role_lines(roles, profile, accounts):
        yield Finding("feeds", True, line)
    clock = SystemClock()
    plan = DayPlan(profile=profile, roles=roles, accounts=accounts, equity_dataset=config.live.equity_dataset)
    for feed in check_feeds(LiveDay(plan, clock).feeds, clock):
        vendor = Vendor.DATABENTO if feed.is_databento else Vendor.MASSIVE
        remedy = "" if feed.is_well else refusal(feed.words, accounts.name_of(vendor)).remedy
        yield Finding("feed", feed.is_well, f"{feed.name}: {feed.words}", remedy)
        if feed.lag_ms is not None:
            is_near = abs(feed.lag_ms) <= _MOST_LAG_MS
            words = f"{feed.name}: what it sends arrives {feed.lag_ms / 1000:+.3f} s later by this machine's clock"
            remedy = "" if is_near else "set the clock (timedatectl set-ntp true), or look at the network"
            yield Finding("clock", is_near, words, remedy)
