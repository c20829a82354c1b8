"""What is written about the program is true where a machine can tell: citations, links, commands, versions, words."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spymaster.cli.docs import MADE, document, numbered_sections, topics

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "src" / "spymaster" / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "AGENTS.md", *DOCS.glob("*.md")])
CITATION = re.compile(r"\bdocs/([a-z0-9-]+)\.md(?: (\d+(?:\.\d+)*))?")
FOREIGN = re.compile(r"\bP\d(?:\.\d+)?\b|\bSPEC \d|\b(?:goal )?G\d+ of P\d")
"""Numbers of documents that are not in this repository."""
FILE = re.compile(r"`((?:[a-z_]+/)+[a-z_]+(?:\.(?:py|toml|md))?|[a-z_]+\.(?:py|toml))`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(spymaster-tui [^`]+)`")


def sources() -> Iterator[tuple[str, str]]:
    """Every module and test of ours, by its path, but this one."""
    for folder in ("src", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path != Path(__file__):
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def citations(text: str) -> Iterator[tuple[str, str | None]]:
    """Documents and sections that a text names, a citation broken by the end of a line included."""
    for found in CITATION.finditer(re.sub(r"\s+#?\s*", " ", text)):
        yield found[1], found[2]


def is_there(name: str, section: str | None) -> bool:
    path = DOCS / f"{name}.md"
    return path.is_file() and (section is None or section in numbered_sections(path.read_text(encoding="utf-8")))


def test_every_citation_has_a_target() -> None:
    lost = [
        f"{path}: docs/{name}.md {section or ''}".rstrip()
        for path, text in sources()
        for name, section in citations(text)
        if not is_there(name, section)
    ]
    assert lost == []


def test_a_citation_is_found_across_the_end_of_a_line() -> None:
    assert list(citations("see (docs/physics.md\n3.3) and docs/data.md.")) == [("physics", "3.3"), ("data", None)]
    assert not is_there("physics", "3.99")
    assert not is_there("nothing", None)


def test_nothing_is_cited_that_is_not_in_the_repository() -> None:
    assert {path: found for path, text in sources() if (found := FOREIGN.findall(text))} == {}


def named_files(page: Path) -> list[str]:
    """Modules, tests and rooms that a page names in code letters, by their paths."""
    return sorted(set(FILE.findall(page.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("page", [ROOT / "AGENTS.md", DOCS / "internals.md"], ids=lambda page: page.name)
def test_every_file_that_engineers_are_sent_to_is_there(page: Path) -> None:
    roots = (ROOT, ROOT / "src" / "spymaster")
    assert [name for name in named_files(page) if not any((root / name).exists() for root in roots)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every ``spymaster-tui ...`` that a page shows, one list each, comments left out."""
    text = page.read_text(encoding="utf-8")
    shown = [line for block in FENCE.findall(text) for line in block.splitlines()]
    for line in [*shown, *INLINE.findall(text)]:
        for part in line.split("&&"):
            words = shlex.split(part, comments=True)
            at = next((k for k, word in enumerate(words) if word.rpartition("/")[2] == "spymaster-tui"), None)
            if at is not None:
                yield words[at + 1 :]


def parsed(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and those of them that are options. Raises KeyError for one that there is not."""
    import typer

    from spymaster.cli.main import app

    command: Any = typer.main.get_command(app)
    rest = list(words)
    while rest and not rest[0].startswith("-") and hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    return command, [word.partition("=")[0] for word in rest if word.startswith("--")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    everywhere = {"--config", "--color", "--mouse", "--no-mouse", "--version", "--help", "--install-completion"}
    for words in commands(page):
        command, options = parsed(words)
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | everywhere
        assert set(options) <= known, words


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_topic_that_is_named_is_there(page: Path) -> None:
    named = {words[1] for words in commands(page) if words[:1] == ["docs"] and len(words) > 1}
    assert {topic for topic in named if topic.islower()} <= set(topics())


def test_a_command_that_does_not_exist_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nspymaster-tui fly --to moon   # no\n```\n")
    [words] = commands(page)
    assert words == ["fly", "--to", "moon"]
    with pytest.raises(KeyError):
        parsed(words)


def test_every_key_that_physics_names_is_one_of_the_configuration() -> None:
    """A name in code letters that a document gives a formula is spelt as the configuration spells it."""
    known = set(re.findall(r"^- `(\w+) = ", document("configuration"), re.MULTILINE))
    fields = {"ts_event", "ts_recv", "x_arm", "running_price", "width_ticks", "depth_5s", "trades_missing"}
    fields |= {"trades_extra", "time_to_clear", "convention_dependent"}
    text = re.sub(r"\n {4}.*", "", (DOCS / "physics.md").read_text(encoding="utf-8"))
    named = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", text))
    assert named - known - fields == set()


def test_each_topic_is_made_or_written_and_not_both() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} & set(MADE) == set()
    assert [path.name for path in DOCS.iterdir() if path.suffix != ".md"] == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_sections_of_a_document_ascend_and_none_is_twice(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    numbers = re.findall(r"^#+ (\d+(?:\.\d+)*) ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    as_tuples = [tuple(map(int, number.split("."))) for number in numbers]
    assert as_tuples == sorted(set(as_tuples))


def test_the_readme_stays_short_and_keeps_the_two_blocks_that_machines_read() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 800
    for mark in ("run", "test"):
        block = re.search(rf"^<!-- command: {mark} -->\n```sh\n(.+)\n```$", text, re.MULTILINE)
        assert block is not None
        assert block[1].startswith("python3 -m venv .venv && .venv/bin/pip install -e ")


def test_the_changelog_begins_with_the_version_that_is_built() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0].split()[0] == version
