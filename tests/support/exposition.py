"""Prometheus's text format read strictly, as its documentation states it, by code that knows nothing of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_NAME: Final = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_META: Final = re.compile(rf"# (HELP|TYPE) ({_NAME}) (.+)")
_SAMPLE: Final = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)")
_LABEL: Final = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')
_VALUE: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN")
_KINDS: Final = ("counter", "gauge")
_ESCAPED: Final = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    """One metric: its kind, its meaning and its samples by their labels."""

    kind: str
    meaning: str
    samples: dict[Labels, float] = field(default_factory=dict)


def families(page: str) -> dict[str, Family]:
    """The metrics of a page. Raises AssertionError for whatever the format does not allow, or we do not want: a family
    without a meaning or samples, torn apart or told twice; a sample told twice; a counter not called ``_total``."""
    assert page.endswith("\n") or not page, "the last line has to end"
    found: dict[str, Family] = {}
    meaning: tuple[str, str] | None = None
    current = ""
    for line in page.splitlines():
        if (meta := _META.fullmatch(line)) is not None:
            if meta[1] == "HELP":
                meaning = (meta[2], meta[3])
                continue
            assert meaning is not None, line
            assert meaning[0] == meta[2], line
            assert meta[3] in _KINDS, line
            assert meta[2] not in found, f"{line}: told twice"
            assert (meta[3] == "counter") == meta[2].endswith("_total"), line
            current, found[meta[2]], meaning = meta[2], Family(meta[3], meaning[1]), None
            continue
        sample = _SAMPLE.fullmatch(line)
        assert sample is not None, line
        assert sample[1] == current, f"{line}: not below its TYPE"
        assert _VALUE.fullmatch(sample[3]), line
        labels = _labels(sample[2] or "", line)
        assert labels not in found[current].samples, f"{line}: told twice"
        found[current].samples[labels] = float(sample[3])
    assert all(family.samples for family in found.values())
    return found


def _labels(text: str, line: str) -> Labels:
    found = []
    while text:
        label = _LABEL.match(text)
        assert label is not None, line
        found.append((label[1], re.sub(r"\\.", lambda one: _ESCAPED[one[0]], label[2])))
        text = text[label.end() :]
    assert len(dict(found)) == len(found), line
    return tuple(found)
