"""What is typed to silence alerts: whom and for how long, understood."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from spymaster.alerts.standing import SnoozeKind
from spymaster.market.levels import LevelKind

HINT: Final = "silence: all · level VWAP · kind ROUND · rule NAME, then minutes; or off"
_KINDS: Final[dict[str, SnoozeKind]] = {"all": "all", "level": "level", "kind": "kind", "rule": "rule"}
_LONGEST_MIN: Final = 1440.0


class SnoozeError(ValueError):
    """It cannot be understood; the message is for people."""


class SnoozeWish(NamedTuple):
    """Whom to silence for how many minutes; 0 ends what there is, ``name`` empty with ``all``."""

    kind: SnoozeKind
    name: str
    minutes: float


def understood(text: str, usual_min: float, levels: Collection[str], rules: Collection[str]) -> SnoozeWish | None:
    """What was typed, None for ``off``: no silence at all. A bare number silences all, a bare name what is called so.

    ``levels``: ids that are published; ``rules``: names of rules. Raises SnoozeError.
    """
    words = text.split()
    if [word.lower() for word in words] == ["off"]:
        return None
    minutes = usual_min
    if words and (number := _number(words[-1])) is not None:
        minutes = number
        words = words[:-1]
    if not 0 <= minutes <= _LONGEST_MIN:
        raise SnoozeError(f"{minutes:g} minutes cannot be: 0 to {_LONGEST_MIN:g}")
    kind = _KINDS.get(words[0].lower()) if words else "all"
    names = words[1:] if kind is not None and words else words
    if kind == "all" and not names:
        return SnoozeWish("all", "", minutes)
    if len(names) != 1:
        raise SnoozeError(f"{text.strip() or 'nothing'}: {HINT}")
    return _named(kind, names[0], minutes, levels, rules)


def _named(
    kind: SnoozeKind | None, name: str, minutes: float, levels: Collection[str], rules: Collection[str]
) -> SnoozeWish:
    known: dict[SnoozeKind, Collection[str]] = {"level": levels, "rule": rules, "kind": LevelKind.__members__}
    for one, names in known.items():
        if kind in (None, one):
            found = next((there for there in names if there.lower() == name.lower()), None)
            if found is not None:
                return SnoozeWish(one, found, minutes)
    what = "level, rule or kind of level" if kind is None else f"{kind} of level" if kind == "kind" else kind
    raise SnoozeError(f"there is no {what} {name}")


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
