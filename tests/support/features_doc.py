"""The documented table of features: ``python -m tests.support.features_doc`` writes it between its marks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from spymaster.features.attempt_features import ATTEMPT_FEATURES
from spymaster.features.schema import Feature, Group

PAGE: Final = Path(__file__).parents[2] / "src" / "spymaster" / "docs" / "features.md"
_BEGIN: Final = "<!-- features: begin -->\n"
_END: Final = "<!-- features: end -->\n"
_TITLES: Final = {
    Group.GEOMETRY: "### Geometry",
    Group.BOOK_TAPE: "### Book and tape",
    Group.FUEL: "### Fuel",
}


def page() -> str:
    """The page with the table as it should be."""
    before, rest = PAGE.read_text(encoding="utf-8").split(_BEGIN)
    _, after = rest.split(_END)
    return before + _BEGIN + table() + _END + after


def table() -> str:
    """Every feature, group by group, in the order of the columns."""
    lines = []
    for group, title in _TITLES.items():
        lines += [title, "", "| feature | unit | looks back | from | what it says |", "|---|---|---|---|---|"]
        lines += [_row(feature) for feature in ATTEMPT_FEATURES if feature.group is group]
        lines.append("")
    return "\n".join(lines)


def _row(feature: Feature) -> str:
    source = ", ".join(f"`{name}`" for name in feature.source)
    return f"| `{feature.name}` | {feature.unit} | {_back(feature.look_back_s)} | {source} | {feature.doc} |"


def _back(look_back_s: float) -> str:
    if look_back_s >= 3600:
        return "session"
    return f"{look_back_s:.0f} s" if look_back_s else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
