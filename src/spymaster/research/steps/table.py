"""The steps by id. A new step is a line here and a word in ``plan.StepName``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Final

from spymaster.market.kernels.sources import sources
from spymaster.research.content import digest_of
from spymaster.research.steps.dataset import write_rows
from spymaster.research.steps.evaluate import JudgeWatcher
from spymaster.research.steps.gold import write_gold
from spymaster.research.steps.records import write_records
from spymaster.research.steps.step import LAKE, Step
from spymaster.research.steps.tables import AlertsWatcher, ReplayWatcher, TableWatcher
from spymaster.session.published_tables import ALERTS, FLOWS, TIME_COLUMN

_PASS: Final = ("session/sources/forms.py", "research/one_pass.py")
_TABLES: Final = (*_PASS, "research/steps/tables.py")
_WRITERS: Final = ("pyarrow", "numpy")
"""Packages of others that decide the bytes of a result."""

STEPS: Final[Mapping[str, Step]] = MappingProxyType(
    {
        "replay": Step(code=_TABLES, watch=ReplayWatcher, needs_rows=False),
        "evaluate": Step(code=(*_PASS, "research/steps/evaluate.py"), watch=JudgeWatcher),
        "dataset": Step(code=("research/steps/dataset.py",), work=write_rows),
        "rebuild-gold": Step(code=("research/steps/gold.py",), forms=frozenset({LAKE}), work=write_gold),
        "export alerts": Step(code=_TABLES, watch=AlertsWatcher, needs_rows=False),
        "export records": Step(code=("research/steps/records.py",), is_configured=False, work=write_records),
        **{
            f"export {table}": Step(
                code=_TABLES,
                watch=functools.partial(TableWatcher, table),
                needs_flows=table == FLOWS,
            )
            for table in TIME_COLUMN
            if table != ALERTS
        },
    }
)


@functools.cache
def code_of(step: str) -> str:
    """A hash of the sources that a step runs, and of the packages that write its files."""
    return digest_of(sources().hash_of(*STEPS[step].code), [f"{name} {version(name)}" for name in _WRITERS])


@functools.cache
def code_of_all() -> str:
    """The same of all steps: two programs that agree in it give the same bytes."""
    return digest_of([code_of(step) for step in sorted(STEPS)])[:16]
