"""``docs``: the list of topics, a document, one section of it; Markdown for a program, drawn for a terminal."""

from __future__ import annotations

import sys

import pexpect
import pyte
import pytest

from spymaster import resources
from spymaster.cli.docs import numbered_sections, topics
from spymaster.config import Config
from tests.cli.conftest import COMMAND, Run, one_line

USAGE = 2
FILES = sorted(path.stem for path in resources.docs_dir().iterdir())


def test_without_a_topic_every_topic_is_listed_with_what_it_is_about(run: Run) -> None:
    result = run("docs")
    assert (result.exit_code, result.stderr) == (0, "")
    rows = dict(line.strip("| ").split(" | ") for line in result.stdout.splitlines() if line.startswith("| `"))
    assert sorted(rows) == sorted(f"`{name}`" for name in [*FILES, "configuration"])
    assert rows["`physics`"] == "from records to a score, formula by formula"


@pytest.mark.parametrize("topic", FILES)
def test_a_program_is_given_the_file_as_it_stands(run: Run, topic: str) -> None:
    result = run("docs", topic)
    assert result.exit_code == 0
    assert result.stdout == (resources.docs_dir() / f"{topic}.md").read_text(encoding="utf-8")


def test_one_section_is_its_heading_and_all_below_it(run: Run) -> None:
    text = run("docs", "physics", "3").stdout
    assert text.startswith("## 3 Barrier states\n")
    assert "### 3.7 Flicker\n" in text
    assert "## 4 " not in text
    assert run("docs", "physics", "3.3").stdout.startswith("### 3.3 Decision\n")


def test_numbers_in_a_block_of_commands_are_no_headings() -> None:
    assert numbered_sections("# T\n\n## 1 One\n\n```sh\n# 2 a comment\n```\nend\n") == {"1": (2, 8)}


def test_an_unknown_topic_is_one_line_with_the_nearest(run: Run) -> None:
    result = run("docs", "fysics")
    assert (result.exit_code, result.stdout) == (USAGE, "")
    assert one_line(result.stderr) == "error: docs fysics: there is no such topic; the nearest is 'physics'"


def test_an_unknown_topic_with_nothing_near_lists_them_all(run: Run) -> None:
    said = one_line(run("docs", "zzzz").stderr)
    assert said == f"error: docs zzzz: there is no such topic; choose from {', '.join(topics())}"


def test_a_path_is_no_topic(run: Run) -> None:
    assert run("docs", "../resources").exit_code == USAGE


def test_an_unknown_section_names_those_there_are(run: Run) -> None:
    result = run("docs", "physics", "3.9")
    assert (result.exit_code, result.stdout) == (USAGE, "")
    assert "there is no such section; choose from 0, 1, 2, 3, 3.1, " in one_line(result.stderr)


def test_a_document_without_numbers_has_no_sections_to_choose(run: Run) -> None:
    assert "leave the section out" in one_line(run("docs", "configuration", "1").stderr)


def test_the_configuration_lists_every_key_with_its_default_and_range(run: Run) -> None:
    text = run("docs", "configuration").stdout
    for profile in ("spy", "es"):
        for key in type(Config().profile(profile)).__struct_fields__:
            assert f"- `{key} = " in text.partition(f"## [profile.{profile}]")[2]
    assert (
        "- `r_vac = 0.3`: Replenishment ratio at or below which a depleted zone is a VACUUM. Unit: ratio. "
        "Range: 0.01 to 1.\n" in text
    )
    assert "- `snap_ms = 250`: Time between two snaps. Unit: ms. One of: 100, 250.\n" in text
    assert '- `path = ""`: ' in text.partition("## [lake]")[2]


def drawn(*arguments: str, columns: int = 60) -> tuple[list[str], str]:
    """What a terminal shows of a command, and the bytes it was sent."""
    environment = {"TERM": "xterm-256color", "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))}
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], *arguments], dimensions=(500, columns), env=environment, timeout=300
    )
    sent = child.read().decode()
    screen = pyte.Screen(columns, 500)
    pyte.Stream(screen).feed(sent)
    return [line.rstrip() for line in screen.display if line.strip()], sent


def test_a_terminal_is_drawn_it_in_its_own_width() -> None:
    lines, sent = drawn("docs", "physics", "3.3")
    assert lines[0].strip() == "3.3 Decision"
    assert "**" not in "".join(lines)
    assert "\x1b[" in sent
    assert max(map(len, lines)) <= 60


def test_without_colours_nothing_but_text_is_sent() -> None:
    lines, sent = drawn("docs", "physics", "3.3", "--color", "none")
    assert lines[0].strip() == "3.3 Decision"
    assert "\x1b" not in sent
