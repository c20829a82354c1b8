"""What is typed to set the next paper bracket, understood."""

from __future__ import annotations

from typing import Final, NamedTuple

from spymaster.practice.standing import MAX_SIZE, MAX_TICKS, PracticeRules
from spymaster.view.state import PracticeChoice

HINT: Final = "size 2 stop 8 target 16 (ticks), latency 50 (ms), cancels 0.25 (share ahead): any of them"
_LATENCY_MS: Final = (0.0, 10_000.0)


class PracticeWordsError(ValueError):
    """It cannot be understood; the message is for people."""


class Settings(NamedTuple):
    """What is in force from now on."""

    choice: PracticeChoice
    rules: PracticeRules


def understood(text: str, choice: PracticeChoice, rules: PracticeRules) -> Settings:
    """What was typed over what was in force: words and numbers in turn. Raises PracticeWordsError."""
    words = text.lower().split()
    if not words or len(words) % 2:
        raise PracticeWordsError(HINT)
    found = {"size": float(choice.size), "stop": float(choice.stop_ticks), "target": float(choice.target_ticks)}
    found |= {"latency": rules.latency_ms, "cancels": rules.cancels_ahead}
    for name, value in zip(words[::2], words[1::2], strict=True):
        if name not in found:
            raise PracticeWordsError(f"{name}: {HINT}")
        found[name] = _number(name, value)
    ticks = [int(found[name]) for name in ("size", "stop", "target")]
    return Settings(PracticeChoice(choice.cursor, *ticks), PracticeRules(found["latency"], found["cancels"]))


def _number(name: str, text: str) -> float:
    most = {"size": MAX_SIZE, "stop": MAX_TICKS, "target": MAX_TICKS}
    low, high = (1.0, float(most[name])) if name in most else (0.0, 1.0) if name == "cancels" else _LATENCY_MS
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high or (name in most and value != int(value)):
        whole = "a whole number " if name in most else ""
        raise PracticeWordsError(f"{name} {text} cannot be: {whole}{low:g} to {high:g}")
    return value
