"""What a model's earlier words were worth, out of the outcomes that a lake holds, and whether they may be shown."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.errors import UserError
from spymaster.ledger.predictions.entries import Outcomes, Settled
from spymaster.ledger.predictions.reliability import NEEDED, Reliability, reliability
from spymaster.signals.said.viewport import SHOWN_BY_S, Collecting, SaidBefore

_CONTACT = "CONTACT"


def outcomes_of_lake(root: str, s3_endpoint: str = "") -> tuple[list[Outcomes], str]:
    """(what was settled in a lake, why some of it cannot be used). An empty name is no lake."""
    if not root:
        return [], ""
    from spymaster.lake.predictions import outcomes_in
    from spymaster.lake.storage.opening import open_storage

    try:
        found, refused = outcomes_in(open_storage(root, s3_endpoint=s3_endpoint))
    except (OSError, UserError) as error:
        return [], f"the record in {root} cannot be read ({error})"
    return found, str(refused[0]) if refused else ""


class ModelRecord:
    """The record of one model file on one kind of market, real or simulated.

    What was shown and what was said in shadow are two records. Until as many attempts were decided after numbers that
    were shown as it takes, the one in shadow stands for it, and says so.
    """

    def __init__(self, runs: Sequence[Outcomes], sha256: str, *, simulated: bool, horizons_s: Sequence[int]) -> None:
        shown: dict[str, list[Settled]] = {}
        shadow: dict[str, list[Settled]] = {}
        for run in runs:
            if run.simulated == simulated and run.horizons_s == tuple(horizons_s):
                for one in run.settled:
                    if run.models[one.said.model].sha256 == sha256:
                        (shown if one.said.shown else shadow).setdefault(one.said.stage, []).append(one)
        tables = [
            {stage: reliability(rows, horizons_s, SHOWN_BY_S) for stage, rows in side.items()}
            for side in (shown, shadow)
        ]
        self._in_shadow = _decided(tables[0]) < NEEDED
        self._tables = tables[1] if self._in_shadow else tables[0]
        self._simulated = simulated

    @property
    def collecting(self) -> Collecting | None:
        """How far it is, None once it is long enough. On a real market nothing is shown before."""
        n = _decided(self._tables)
        return Collecting(n, NEEDED) if n < NEEDED else None

    @property
    def may_be_shown(self) -> bool:
        """Whether a number may be called a probability: on simulated markets, where it was learnt, and where it has a
        record."""
        return self._simulated or self.collecting is None

    def before(self, stage: str, said: float) -> SaidBefore | None:
        """What came of it whenever about as much was said at this stage; None where nothing was ever decided there."""
        table = self._tables.get(stage)
        if table is None or table.base is None:
            return None
        found = table.of(said)
        return SaidBefore(
            low=found.low,
            high=found.high,
            n=found.n,
            share=found.share,
            interval=found.interval,
            base=table.base,
            horizon_s=table.horizon_s,
            in_shadow=self._in_shadow,
        )


def _decided(tables: dict[str, Reliability]) -> int:
    """Attempts that were decided after a word at contact: each is one witness, at whichever other stage it spoke."""
    found = tables.get(_CONTACT)
    return 0 if found is None else found.n
