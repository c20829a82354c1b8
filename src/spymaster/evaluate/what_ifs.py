"""How often signals are raised with the fuel left out, neutral, and amplifying: what it does to the other forces."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import RecordingManifest
from spymaster.market.rows import AlertEvent, Signal
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.headless import drive
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource

Fuel = Literal["absent", "neutral", "amplify"]
FUELS: Final[tuple[Fuel, ...]] = ("absent", "neutral", "amplify")
SIGNALS: Final = (Signal.BREAK, Signal.REJECT, Signal.CONTESTED)
_NS_PER_HOUR: Final = 3600 * NS_PER_S

Rates = dict[str, dict[str, float]]
"""Fuel -> signal -> raised per hour."""


def rates_by_fuel(recordings: Sequence[tuple[RecordingManifest, ReplayPlan]]) -> Rates:
    """Signals raised per hour at all levels of recordings, each with a plan to replay it, under each of ``FUELS``.

    ``absent``: options are ignored, two forces make the score. ``neutral``: dealers' exposure is set to 0, which is no
    evidence and by the score's rules has no weight: what differs from ``absent`` is a defect. ``amplify``: it is set to
    -``fuel_threshold`` everywhere, with every side known and the share of dealers as uncertain as it is configured.
    """
    raised: dict[Fuel, Counter[int]] = {fuel: Counter() for fuel in FUELS}
    length_ns = 0
    for manifest, plan in recordings:
        length_ns += manifest.end_ns - manifest.start_ns
        for fuel in FUELS:
            print(f"{manifest.name}: fuel {fuel}", file=sys.stderr)
            raised[fuel] += _raised(plan, fuel)
    hours = length_ns / _NS_PER_HOUR
    return {fuel: {signal.name: raised[fuel][signal] / hours if hours else 0.0 for signal in SIGNALS} for fuel in FUELS}


def rates_text(rates: Rates) -> str:
    """The rates for people, and a line for every signal that is never raised."""
    lines = [f"{'raised/h with the fuel':<24}" + "".join(f"{signal.name:>11}" for signal in SIGNALS)]
    for fuel, found in rates.items():
        lines.append(f"{fuel:<24}" + "".join(f"{found[signal.name]:>11.2f}" for signal in SIGNALS))
    never = [
        f"{name} with the fuel {fuel}" for fuel, found in rates.items() for name, rate in found.items() if not rate
    ]
    if never:
        lines.append("never raised: " + ", ".join(never))
    return "\n".join(lines)


def _raised(plan: ReplayPlan, fuel: Fuel) -> Counter[int]:
    profile = msgspec.structs.replace(plan.profile, fuel_what_if=fuel)
    sink = _Raised()
    drive(ReplaySource(msgspec.structs.replace(plan, profile=profile)), Engine(), [sink])
    return sink.counts


class _Raised:
    """Counts the signals raised."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def on_block(self, block: SnapBlock) -> None:
        """Count those of a block."""
        alerts = block.alerts
        self.counts.update(alerts["signal"][alerts["event"] == AlertEvent.RAISED].tolist())
