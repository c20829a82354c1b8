"""The documented table of published columns: ``python -m tests.support.columns_doc`` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from spymaster.market.columns.fields import Field
from spymaster.market.option_rows import OPTION_FIELDS, STRIKE_FIELDS
from spymaster.market.rows import ALERT_FIELDS, FLOW_FIELDS, LEVEL_FIELDS

PAGE: Final = Path(__file__).parents[2] / "src" / "spymaster" / "docs" / "columns.md"
_TABLES: Final[tuple[tuple[str, str, Sequence[Field]], ...]] = (
    ("Levels", "One row per published level and snap: Gold's `levels/signals`, `export signals`.", LEVEL_FIELDS),
    ("Alerts", "One row for each time a signal is raised, updated or resolved.", ALERT_FIELDS),
    ("Flows", "One row per bucket, side and price with any flow: `export flows`.", FLOW_FIELDS),
    ("Strikes", "One row per strike and snap: `export option-flow`.", STRIKE_FIELDS),
    ("Options", "The summary of all options at a snap.", OPTION_FIELDS),
)
_HEAD: Final = """# Published columns

Prices, distances and bands are in the profile's unit (SPY dollars or ES points), sizes in ES contracts, times in
nanoseconds since 1970 UTC, unless the unit says otherwise. *Upside down* is what becomes of a number in a market whose
bids are asks and whose rises are falls. This page is made from the tables of columns; a test fails when it is not.
"""


def page() -> str:
    """The page, one table after another."""
    return "\n".join([_HEAD, *(_table(*table) for table in _TABLES)])


def _table(title: str, words: str, fields: Sequence[Field]) -> str:
    rows = [f"## {title}", "", words, "", "| column | type | unit | absent | upside down | meaning |"]
    rows.append("|---|---|---|---|---|---|")
    for field in sorted(fields, key=lambda each: each.name):
        meaning = field.doc.replace("|", "\\|")
        kind = field.codes.__name__ if field.codes is not None else field.type.value
        rows.append(
            f"| `{field.name}` | {kind} | {field.unit} | {field.absent.value} | {field.mirror.words()} | {meaning} |"
        )
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
