"""What is asked of a connection now: fixed subscriptions, the reference before them, and what was chosen by it."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.feeds.databento_live.codes import ErrorCode
from spymaster.feeds.databento_live.plan import STATUS, STEADY_SCHEMAS, LinePlan, Subscription
from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.live.supervision import Clock, Fault, FaultKind, Remedy
from spymaster.market.batches import Batch
from spymaster.market.kinds import Kind


class Asked:
    """The subscriptions of a feed over all its lives. They only grow."""

    def __init__(self, plan: LinePlan, universe: Universe, clock: Clock) -> None:
        self._plan = plan
        self._universe = universe
        self._clock = clock
        self.now: tuple[Subscription, ...] = plan.subscriptions
        """Everything of which records are to be expected. Replaced as a whole, so that both threads may read it."""
        self.lanes: dict[Kind, tuple[str, ...]] = {}
        """Schemas asked for, by the kind of their records."""
        self.steady_kinds: tuple[Kind, ...] = ()
        """Kinds whose first record shows that a session works: those of steady schemas, else all asked for."""
        self.trades_beside_depth = False
        """Whether trades are subscribed beside the depth that tells of them too."""
        self._sort()
        self._replayed = 0
        self._has_reference = not plan.reference
        self._without_replay = False
        self._without_status = False
        self._begun_s: float | None = None
        self._known = 0

    def at_start(self) -> list[tuple[tuple[Subscription, ...], int | None]]:
        """What a new life asks for before its session starts. Of the network's thread."""
        self._begun_s = self._clock.monotonic_s()
        self._replayed = 0
        asked: list[tuple[tuple[Subscription, ...], int | None]] = [(self.now, None)]
        if self._plan.reference:
            # from the earliest that the vendor has; once it is known, only what changes
            start_ns = None if self._has_reference or self._without_replay else 0
            asked.append((self._plan.reference, start_ns))
        return asked

    def to_fill(self) -> tuple[Subscription, ...]:
        """What a replay of a hole has to ask for."""
        return (*self.now, *self._plan.reference)

    def take(self, batch: Batch, replayed: int) -> Sequence[Subscription]:
        """Records came, and so many replays were completed: what is to be subscribed besides, if anything."""
        self._replayed += replayed
        if self._plan.choose is None:
            return ()
        if not self._has_reference:
            if self._replayed < len({one.schema for one in self._plan.reference}):
                return ()
            self._has_reference = True
        elif Kind.DEF not in batch.arrays or len(self._universe) == self._known:
            return ()
        self._known = len(self._universe)
        return self._choose()

    def overdue(self) -> Fault | None:
        """The reference that takes too long: without it nothing can be asked for."""
        if self._has_reference or self._begun_s is None:
            return None
        age_s = self._clock.monotonic_s() - self._begun_s
        if age_s < self._plan.reference_s:
            return None
        return Fault(FaultKind.NO_FIRST_RECORD, f"the definitions asked for are not complete after {age_s:.0f} s")

    def reconsider(self, fault: Fault) -> Fault:
        """What a fault that the vendor named means here. Of the Session's thread.

        Where a subscription is refused while the status of trading was asked for, which not every dataset has, all the
        rest is asked for again without it.
        """
        refused = fault.kind is FaultKind.ERROR and fault.detail.startswith(f"error {ErrorCode.INVALID_SUBSCRIPTION:d}")
        kept = tuple(one for one in self.now if one.schema != STATUS)
        if not refused or len(kept) == len(self.now):
            return fault
        self._without_status = True
        self.now = kept
        self._sort()
        words = f"{fault.detail}; asked again without status: a halt will show as silence alone"
        return Fault(fault.kind, words, Remedy.RETRY)

    def ended(self, fault: Fault) -> None:
        """A life has ended."""
        self._begun_s = None
        if fault.kind is FaultKind.ERROR and fault.detail.startswith("error 8"):
            self._without_replay = True

    def _choose(self) -> Sequence[Subscription]:
        assert self._plan.choose is not None
        known: dict[tuple[str, str], set[str]] = {}
        for one in self.now:
            known.setdefault((one.schema, one.stype), set()).update(one.symbols)
        added = []
        for one in self._plan.choose(self._universe):
            if one.schema == STATUS and self._without_status:
                continue
            have = known.get((one.schema, one.stype), set())
            symbols = tuple(symbol for symbol in one.symbols if symbol not in have)
            if symbols:
                added.append(Subscription(one.schema, symbols, one.stype, one.is_optional))
        self.now = (*self.now, *added)
        self._sort()
        return added

    def _sort(self) -> None:
        schemas = {one.schema: one.kind for one in self.now}
        self.lanes = {kind: tuple(s for s, k in schemas.items() if k is kind) for kind in schemas.values()}
        steady = {kind for schema, kind in schemas.items() if schema in STEADY_SCHEMAS}
        self.steady_kinds = tuple(sorted(steady or set(schemas.values())))
        self.trades_beside_depth = {"mbp-10", "trades"} <= schemas.keys()
