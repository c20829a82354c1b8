"""RULE.toml: what the documented example says, and what is refused in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spymaster import resources
from spymaster.config.alerts import LevelRule
from spymaster.errors import UserError
from spymaster.evaluate.strategy.rule_file import StrategyRule, load_rule

WHOLE = """
[when]
states = ["WALL"]
[bracket]
target = 8
stop = 6
[costs]
commission = 2.5
tick_value = 12.5
"""


def example() -> str:
    """The rule of the documentation."""
    text = (resources.docs_dir() / "strategy.md").read_text()
    [found] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return str(found)


def rule_of(text: str, folder: Path) -> StrategyRule:
    path = folder / "rule.toml"
    path.write_text(text)
    return load_rule(path)


def test_the_documented_example_is_a_rule(tmp_path: Path) -> None:
    rule = rule_of(example(), tmp_path)
    assert rule.name == "fade what absorbs"
    assert rule.when == LevelRule(
        states=("ABSORPTION", "WALL"), score_below=45, distance=0.75, times=("09:35-15:45",), hold=0.5, rest=60
    )
    assert (rule.target, rule.stop, rule.time_limit) == (8, 6, 180)
    assert rule.commission_ticks == pytest.approx(2 * 2.10 / 12.50)


def test_a_rule_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    assert rule_of(WHOLE, tmp_path).name == "rule"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        (WHOLE.replace("stop = 6", ""), "bracket.stop", "write it below [bracket]"),
        (WHOLE.replace("commission = 2.5", ""), "costs.commission", "write it below [costs]"),
        (WHOLE.replace('states = ["WALL"]', ""), "when", "write conditions below [when]"),
        (WHOLE.replace("states", "statse"), "when.statse", "did you mean when.states?"),
        (WHOLE.replace('"WALL"', '"BRICK"'), "when.states", "a list of names out of"),
        (WHOLE + "[entry]\noffset = 9999\n", "entry.offset", "a whole number from -400 to 400 (ticks)"),
        (WHOLE + "[[when.any]]\nbell = false\n", "when.any[0].bell", "is not a known key"),
        ("when = ", "", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_remedy(tmp_path: Path, text: str, place: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        rule_of(text, tmp_path)
    message = str(refused.value)
    assert place in message
    assert says in message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.toml"):
        load_rule(tmp_path / "nowhere.toml")
