"""What a check of a data set says: one line, and whether it stops the set from being used."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec


class Grade(enum.StrEnum):
    """How it came out."""

    OK = "ok"
    WARNING = "warning"
    """Worth a look; the set can be used."""
    FAILED = "failed"
    """Nothing may be learnt from this set."""


class Finding(msgspec.Struct, frozen=True):
    """One check by name, and what it found."""

    check: str
    grade: Grade
    said: str


def finding(check: str, wrong: Sequence[str], right: str, grade: Grade = Grade.FAILED) -> Finding:
    """``right`` where nothing is wrong; else what is, three at most."""
    if not wrong:
        return Finding(check, Grade.OK, right)
    more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Finding(check, grade, "; ".join(wrong[:3]) + more)


def failed(findings: Sequence[Finding]) -> bool:
    """Whether any stops the set from being used."""
    return any(one.grade is Grade.FAILED for one in findings)
