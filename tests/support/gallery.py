"""Pictures of every screen, in three sizes and all themes, with a page that shows them side by side.

``python -m tests.support.gallery OUT`` takes the bundled recording and, where ``SPYMASTER_DATA`` names a folder of real
data, the half hour of real depth; options choose recordings, screens, sizes and themes. Pictures are SVG, and PNG too
where ``rsvg-convert`` is found. ``--readme`` writes the pictures the README shows into ``recordings`` instead.
"""

from __future__ import annotations

import argparse
import html
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from spymaster.cli.moments import moment_ns
from spymaster.cli.parsing.scoring import session_models
from spymaster.cli.replay.cockpit import app_options, cache_plan
from spymaster.cli.request import Prepared, Request, prepare
from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.forms import open_source
from spymaster.tui.options import AppOptions
from spymaster.tui.screenshot import SCREENS, render_screenshot
from spymaster.tui.themes.library import load_themes
from tests.support.values import REAL, SHIPPED, request_for

SIZES: Final = ("80x24", "120x40", "200x60")
ODD_SIZES: Final = ("300x80", "100x90", "64x20", "40x12", "39x11", "20x5")
"""Wide, tall and tiny: drawn with ``--odd``."""

MOMENTS: Final = {"first-look": "12:31:26"}
"""Where a recording shows most; the others are shown at their end."""

README_PICTURES: Final = (("first-look", "level", "level.svg"), ("opening-drive", "chart", "chart.svg"))
"""Beside ``cockpit.svg``, whose making ``docs evidence`` tells of."""
_README_SIZE: Final = "120x40"

_RECORDINGS: Final = Path(__file__).parents[2] / "recordings"
_REACH_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to be made. ``glyphs``: those of the options."""

    recording: str
    theme: str
    screen: str
    size: str
    glyphs: Literal["unicode", "ascii"] = "unicode"

    @property
    def name(self) -> str:
        """Where it goes, without an ending."""
        return f"{self.recording}/{self.theme}{'' if self.glyphs == 'unicode' else '-ascii'}/{self.screen}-{self.size}"


def wanted(
    recordings: Sequence[str], screens: Sequence[str], sizes: Sequence[str], themes: Sequence[str]
) -> list[Picture]:
    """Every combination; the dark theme in plain characters too."""
    pictures = [Picture(r, t, screen, size) for r in recordings for t in themes for screen in screens for size in sizes]
    plain = [replace(picture, glyphs="ascii") for picture in pictures if picture.theme == "dark"]
    return pictures + plain


@contextmanager
def standing(name: str, prepared: Prepared) -> Iterator[ReplaySession]:
    """A replay of a recording that has arrived where it shows most."""
    source = open_source(prepared.plan)
    until_ns = moment_ns("--at", MOMENTS[name], source) if name in MOMENTS else None
    source.close()
    cache = cache_plan(prepared.config.cache, cached=False)
    session = ReplaySession(
        prepared.plan,
        simulated=prepared.simulated,
        speed=None,
        until_ns=until_ns,
        cache=cache,
        models=session_models(prepared.config, simulated=prepared.simulated),
    )
    try:
        session.start()
        if not session.reached.wait(_REACH_S) or session.failure:
            raise SystemExit(f"{name}: {session.failure or 'did not arrive'}")
        yield session
    finally:
        session.stop()


def draw(session: ReplaySession, picture: Picture, options: AppOptions) -> str:
    """The SVG text of a picture."""
    columns, rows = map(int, picture.size.split("x"))
    given = replace(options, theme=picture.theme, glyphs=picture.glyphs)
    return render_screenshot(session, (columns, rows), picture.screen, given)


def write_all(out: Path, pictures: Sequence[Picture]) -> None:
    """Draw and write them, recording by recording, and the page that shows them."""
    converter = shutil.which("rsvg-convert")
    for recording in dict.fromkeys(picture.recording for picture in pictures):
        request = request_for(recording)
        assert request is not None
        with _prepared(recording, request) as (session, options):
            for picture in (each for each in pictures if each.recording == recording):
                path = out / f"{picture.name}.svg"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(draw(session, picture, options), encoding="utf-8")
                if converter is not None:
                    subprocess.run([converter, "-o", path.with_suffix(".png"), path], check=True)
                print(path)
    (out / "index.html").write_text(page(pictures), encoding="utf-8")
    print(out / "index.html")


@contextmanager
def _prepared(recording: str, request: Request) -> Iterator[tuple[ReplaySession, AppOptions]]:
    prepared = prepare(request)
    options = replace(app_options(prepared.config, None, colour="truecolor"), theme_folder=None)
    with standing(recording, prepared) as session:
        yield session, options


def page(pictures: Sequence[Picture]) -> str:
    """A page with all of them, screen by screen."""
    parts = ["<!doctype html><meta charset=utf-8><title>gallery</title>"]
    parts.append("<style>body{background:#222;color:#ccc;font:14px sans-serif}img{max-width:100%}</style>")
    for screen in dict.fromkeys(picture.screen for picture in pictures):
        parts.append(f"<h1>{html.escape(screen)}</h1>")
        for picture in (each for each in pictures if each.screen == screen):
            name = html.escape(picture.name)
            parts.append(f'<h2>{name}</h2><a href="{name}.svg"><img loading=lazy src="{name}.svg" alt="{name}"></a>')
    return "\n".join(parts) + "\n"


def write_readme_pictures() -> None:
    """The pictures beside the cockpit's, from the shipped recordings."""
    for recording, screen, file in README_PICTURES:
        request = request_for(recording)
        assert request is not None
        with _prepared(recording, request) as (session, options):
            svg = draw(session, Picture(recording, "dark", screen, _README_SIZE), options)
        (_RECORDINGS / file).write_text(svg, encoding="utf-8")
        print(_RECORDINGS / file)


def main(arguments: Sequence[str]) -> None:
    """Read the command line, and draw."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.gallery", description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", help="folder to write into")
    parser.add_argument("--recording", action="append", choices=[*SHIPPED, REAL])
    parser.add_argument("--screen", action="append", choices=SCREENS)
    parser.add_argument("--size", action="append")
    parser.add_argument("--theme", action="append", choices=sorted(load_themes().themes))
    parser.add_argument("--odd", action="store_true", help="wide, tall and tiny sizes too")
    parser.add_argument("--readme", action="store_true", help="write the README's pictures instead")
    given = parser.parse_args(arguments)
    if given.readme:
        write_readme_pictures()
        return
    if given.out is None:
        parser.error("name the folder to write into")
    usual = ["first-look", *([REAL] if request_for(REAL) is not None else [])]
    sizes = given.size or [*SIZES, *(ODD_SIZES if given.odd else ())]
    themes = given.theme or sorted(load_themes().themes)
    write_all(given.out, wanted(given.recording or usual, given.screen or SCREENS, sizes, themes))


if __name__ == "__main__":
    main(sys.argv[1:])
