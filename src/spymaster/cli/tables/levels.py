"""``levels``: what is published at a moment of a source, and named sets of levels of one's own."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.request import Request, prepare, refuse_recorded
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.market.frames import UserLevel
from spymaster.market.levels import format_price_e9
from spymaster.market.sessions import ET
from spymaster.session.levels.pasted import read_pasted
from spymaster.session.levels.published import LevelListing, ListedLevel, list_levels
from spymaster.session.levels.sets import USER_PREFIX, check_levels, set_name, store_set
from spymaster.session.levels.user import LevelError, read_levels_text

FORMATS: Final = ("text", "json", "csv")
_COLOURS: Final = {"RESISTANCE": "\x1b[31m", "SUPPORT": "\x1b[32m"}
_BOLD: Final = "\x1b[1m"
_RESET: Final = "\x1b[0m"
_HEADS: Final = ("price", "level", "kind", "distance", "direction", "state", "score", "signal", "valid from (ET)", "")
_RIGHT: Final = frozenset({"price", "distance", "score"})
_STDIN: Final = "-"


def run_list(request: Request, at: str | None, form: str, color: str = "auto") -> int:
    """Print the levels of a source at a moment; returns the exit code. ``color``: as ``--color``. Raises UserError."""
    from spymaster.cli.moments import check_reached, moment_ns
    from spymaster.market.sessions import et_stamp
    from spymaster.session.sources.replay_source import ReplaySource

    if form not in FORMATS:
        raise UserError(
            f"--format {form}", "there is no such format", f"choose from {', '.join(FORMATS)}", code=ExitCode.USAGE
        )
    refuse_recorded(request, "levels list")
    prepared = prepare(request)
    source = ReplaySource(prepared.plan)
    until_ns = moment_ns("--at", at, source) if at is not None else None
    listing = list_levels(source, prepared.plan.profile, until_ns)
    if listing is None:
        problem = "there was no book with both sides yet, which levels need"
        where = f"--at {at}" if at is not None else str(request.sources[0])
        remedy = f"choose a later moment; the recording begins at {et_stamp(source.first_ns)}"
        raise UserError(where, problem, remedy, code=ExitCode.USAGE)
    if listing.at_end:
        check_reached("--at", at, until_ns, listing.t_ns)
    for line in listing.problems:
        print(f"warning: {line}", file=sys.stderr)
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(listing), indent=2) + b"\n")
        sys.stdout.flush()
    elif form == "csv":
        _print_csv(listing)
    else:
        coloured = color != "none" if color != "auto" else sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for line in _text(listing, prepared.simulated, coloured=coloured):
            print(line)
    return ExitCode.DATA if source.is_torn else os.EX_OK


def run_import(config: Path | None, file: str, name: str | None, profile: str | None, pasted: bool = False) -> int:
    """Check and store a list of levels; returns the exit code. ``pasted``: a free text, of which what is understood is
    taken and the rest told. Raises UserError."""
    if profile is not None:
        load_config(config).profile(profile)
    path = None if file == _STDIN else Path(file)
    wanted = set_name(name, path)
    text = read_levels_text(path) if path is not None else sys.stdin.read()
    place = file if path is not None else "stdin"
    levels, errors = _understood(text, place) if pasted else check_levels(text, place)
    if errors:
        for error in errors:
            print(f"error: {error}", file=sys.stderr)
        return ExitCode.USAGE
    stored = store_set(wanted, levels, profile or "")
    width = max(len(level.id) for level in levels)
    for level in levels:
        print(f"{level.id:<{width}}  {format_price_e9(level.price_e9)}")
    count = f"{len(levels)} level{'s' if len(levels) > 1 else ''}"
    verb = "replaced" if stored.replaced else "stored"
    use = f"--levels {stored.name}" + (f" --profile {stored.profile}" if stored.profile else "")
    print(f"{count} {verb} in {stored.path}; use them with {use}", file=sys.stderr)
    return os.EX_OK


def _understood(text: str, place: str) -> tuple[list[UserLevel], list[LevelError]]:
    """The levels of a free text, what was left out being told; an error where there are none."""
    found = read_pasted(text)
    for left in found.left_out:
        print(f"left out: {left.text}: {left.reason}", file=sys.stderr)
    if found.remarks:
        print(f"taken for remarks: {'; '.join(found.remarks)}", file=sys.stderr)
    if found.levels:
        return list(found.levels), []
    return [], [LevelError(place, "holds no levels", "paste names and prices, such as 'Call Wall 6900'")]


def _print_csv(listing: LevelListing) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(ListedLevel.__struct_fields__)
    for level in listing.levels:
        cells = (getattr(level, name) for name in ListedLevel.__struct_fields__)
        writer.writerow("" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell for cell in cells)


def _text(listing: LevelListing, simulated: bool, *, coloured: bool) -> Iterator[str]:
    """The listing for people: a line a level, the spot between those above and below it."""
    if simulated:
        yield "SIMULATED data"
    bars = f", {listing.bars_before:,} minute bars before the recording" if listing.bars_before else ""
    yield f"{listing.symbol}, profile {listing.profile}, at {listing.time_et}{bars}"
    rows = [_HEADS, *(_cells(level) for level in listing.levels)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] = max(widths[0], len(_price(listing.spot)) if listing.spot is not None else 0)
    yield _line(_HEADS, widths)
    spot_told = listing.spot is None
    for level, cells in zip(listing.levels, rows[1:], strict=True):
        if not spot_told and listing.spot is not None and level.price < listing.spot:
            yield _spot_line(listing.spot, widths, coloured)
            spot_told = True
        line = _line(cells, widths)
        yield f"{_COLOURS[level.direction]}{line}{_RESET}" if coloured else line
    if not spot_told and listing.spot is not None:
        yield _spot_line(listing.spot, widths, coloured)
    if listing.unpublished:
        yield ""
        yield "watched, but without a level at this moment:"
        wide = max(len(kind.kind) for kind in listing.unpublished)
        yield from (f"  {kind.kind:<{wide}}  {kind.reason}" for kind in listing.unpublished)


def _cells(level: ListedLevel) -> tuple[str, ...]:
    moving = f"held, now {_price(level.running_price)}" if level.held else "moving" if level.dynamic else ""
    return (
        *(_price(level.price), level.id.removeprefix(USER_PREFIX) if level.kind == "USER" else level.id, level.kind),
        *(_price(level.distance), level.direction.lower(), level.state),
        *("" if level.score is None else f"{level.score:.0f}", level.signal if level.signal != "NEUTRAL" else ""),
        *(_since(level.valid_from), moving),
    )


def _since(valid_from: str | None) -> str:
    """A moment in UTC as the time in New York."""
    return "" if valid_from is None else f"{datetime.fromisoformat(valid_from).astimezone(ET):%Y-%m-%d %H:%M:%S}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    placed = zip(_HEADS, cells, widths, strict=True)
    return "  ".join(cell.rjust(n) if head in _RIGHT else cell.ljust(n) for head, cell, n in placed).rstrip()


def _spot_line(spot: float, widths: list[int], coloured: bool) -> str:
    line = f"{_price(spot):>{widths[0]}}  ---- spot ----"
    return f"{_BOLD}{line}{_RESET}" if coloured else line


def _price(value: float) -> str:
    """To the cent, or further where the price has more: 4807.125."""
    exact = f"{value:.4f}".rstrip("0")
    return exact if len(exact.partition(".")[2]) > 2 else f"{value:.2f}"
