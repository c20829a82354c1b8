"""What came of a run's predictions, by the rule of the labels, from the recorded price (docs/predictions.md 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from spymaster.labels import first_passage
from spymaster.labels.first_passage import RACE, first_passages
from spymaster.labels.path import PricePath
from spymaster.ledger.predictions.entries import Entry, ModelSaid, Outcome, Outcomes, Round, RunBegins, Said, Settled
from spymaster.market.frames import DEPTH_FEED
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import INPUTS, Trust
from spymaster.physics.engine import SnapBlock

RULE: Final = (
    "first passage of the future's mid after each venue event, the distance said with the prediction beyond the level "
    "or back from it, within the longest horizon; unknown across gaps, blind depth and the session's end"
)
_DEPTH: Final = INPUTS.index(DEPTH_FEED)


class BlindSpans:
    """Follows a run (a ``Sink``): the spans in which depth was BLIND, and its last snap."""

    def __init__(self) -> None:
        self.last_snap_ns = 0
        self._spans: list[tuple[int, int]] = []

    def on_block(self, block: SnapBlock) -> None:
        """Note the blind ones among these snaps."""
        times = block.snaps["t_ns"].tolist()
        blind = (block.snaps["trust"][:, _DEPTH] == Trust.BLIND).tolist()
        for t_ns, is_blind in zip(times, blind, strict=True):
            if is_blind:
                self._spans.append((self.last_snap_ns, t_ns))
            self.last_snap_ns = t_ns

    @property
    def spans(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        """int64[m, 2]: from, to."""
        return np.array(self._spans, np.int64).reshape(-1, 2)


def settled(entries: Iterable[Entry], path: PricePath, root: str) -> Outcomes:
    """The outcomes of the decisions among a run's entries. ``root``: of the chain they are in.

    Raises ValueError where no entry says which run it is.
    """
    begins: RunBegins | None = None
    models: list[ModelSaid] = []
    asked: list[tuple[int, int, Round, Said]] = []
    lines = 0
    for lines, entry in enumerate(entries, 1):
        if isinstance(entry, RunBegins):
            begins, first = entry, len(models)
            models += entry.models
        elif isinstance(entry, Round):
            for place, said in enumerate(entry.said):
                if said.is_decision:
                    asked.append((lines, place, entry, _of(said, first + said.model)))
    if begins is None:
        raise ValueError("no line says which run these predictions are of")
    races = np.zeros(len(asked), RACE)
    races["t_ns"] = [entry.t_ns for _, _, entry, _ in asked]
    races["level"] = [said.future_price for _, _, _, said in asked]
    races["direction"] = [said.direction for _, _, _, said in asked]
    races["distance"] = [said.distance for _, _, _, said in asked]
    races["horizon_ns"] = max(begins.horizons_s) * NS_PER_S
    labels = first_passages(path, races)
    after_s = ((labels["end_ns"] - races["t_ns"]) / NS_PER_S).tolist()
    words = [Outcome(first_passage.Outcome(number).name) for number in labels["outcome"].tolist()]
    found = (
        Settled(line, place, entry.t_ns, entry.date, said, word, after)
        for (line, place, entry, said), word, after in zip(asked, words, after_s, strict=True)
    )
    return Outcomes(
        run=begins.run,
        simulated=begins.simulated,
        root=root,
        lines=lines,
        rule=RULE,
        horizons_s=begins.horizons_s,
        models=tuple(models),
        settled=tuple(found),
    )


def _of(said: Said, model: int) -> Said:
    """The same, its model counted among all that spoke in the run: after a pause there may be others."""
    return said if said.model == model else Said(model, *[getattr(said, name) for name in said.__struct_fields__[1:]])
