"""Showing the documents: drawn where a terminal reads, Markdown as it stands where a program does."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Final, Literal

from spymaster import resources
from spymaster.errors import ExitCode, UserError

_WIDEST: Final = 100
_NUMBERED: Final = re.compile(r"^(#+) (\d+(?:\.\d+)*) ")
_FENCE: Final = "```"
_STYLES: Final = {"markdown.code": "cyan", "markdown.code_block": "cyan", "markdown.h1": "bold", "markdown.h2": "bold"}
"""No background of our own: nobody knows whether the terminal is dark or light."""


def _configuration() -> str:
    from spymaster.config.reference import markdown_reference

    return markdown_reference()


MADE: Final[Mapping[str, Callable[[], str]]] = {"configuration": _configuration}
"""Documents that are no files: made from what they are about whenever they are read."""


def topics() -> tuple[str, ...]:
    """The names of all documents, in order of the alphabet. Raises UserError where the installation lacks them."""
    return tuple(sorted({path.stem for path in resources.docs_dir().glob("*.md")} | set(MADE)))


def document(topic: str) -> str:
    """A document as Markdown. Raises UserError for a topic that there is not."""
    known = topics()
    if topic not in known:
        near = difflib.get_close_matches(topic.lower(), known, n=1, cutoff=0.5)
        remedy = f"the nearest is '{near[0]}'" if near else f"choose from {', '.join(known)}"
        raise UserError(f"docs {topic}", "there is no such topic", remedy, code=ExitCode.USAGE)
    if topic in MADE:
        return MADE[topic]()
    return (resources.docs_dir() / f"{topic}.md").read_text(encoding="utf-8")


def numbered_sections(text: str) -> dict[str, tuple[int, int]]:
    """The numbered sections of a document: number -> first line and the one after the last, sections below included."""
    lines = text.splitlines()
    headings: list[tuple[int, int, str]] = []
    fenced = False
    for at, line in enumerate(lines):
        if line.startswith(_FENCE):
            fenced = not fenced
        elif not fenced and line.startswith("#"):
            found = _NUMBERED.match(line)
            depth = len(line) - len(line.lstrip("#"))
            headings.append((at, depth, found[2] if found else ""))
    spans = {}
    for k, (at, depth, number) in enumerate(headings):
        if number:
            end = next((later for later, other, _ in headings[k + 1 :] if other <= depth), len(lines))
            spans[number] = (at, end)
    return spans


def one_section(topic: str, text: str, section: str) -> str:
    """One numbered section of a document. Raises UserError naming the sections that there are."""
    spans = numbered_sections(text)
    if section not in spans:
        remedy = f"choose from {', '.join(spans)}" if spans else "leave the section out"
        raise UserError(f"docs {topic} {section}", "there is no such section", remedy, code=ExitCode.USAGE)
    start, end = spans[section]
    return "\n".join(text.splitlines()[start:end]).rstrip() + "\n"


def title_of(text: str) -> str:
    """What a document is about: its first line, ``# Name: what it is about``, without the name."""
    first = text.partition("\n")[0].removeprefix("# ")
    return first.partition(": ")[2] or first


def contents() -> str:
    """The list of topics as Markdown."""
    rows = [f"| `{topic}` | {title_of(document(topic))} |" for topic in topics()]
    return "\n".join(["# Topics", "", "| topic | what it is about |", "|---|---|", *rows, ""])


def show_docs(topic: str | None, section: str | None, colour: str) -> None:
    """Print a document, one section of it, or the list of topics. ``colour``: as ``--color`` takes it."""
    text = contents() if topic is None else document(topic)
    if topic is not None and section is not None:
        text = one_section(topic, text, section)
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    _draw(text, colour)


def _draw(text: str, colour: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    from spymaster.tui.terminal.colour import ColourDepth, detect_colour

    depth = detect_colour(os.environ) if colour == "auto" else ColourDepth(colour)
    systems: dict[ColourDepth, Literal["truecolor", "256", "standard"]] = {
        ColourDepth.TRUECOLOUR: "truecolor",
        ColourDepth.PALETTE_256: "256",
        ColourDepth.PALETTE_16: "standard",
    }
    system = systems.get(depth)
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    console = Console(color_system=system, no_color=system is None, width=width, highlight=False, theme=Theme(_STYLES))
    console.print(Markdown(text, hyperlinks=False, code_theme="bw"))
