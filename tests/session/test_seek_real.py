"""Seeking in real depth and trades of ES, several files at once."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from spymaster.session.replay.cache import CachePlan
from spymaster.signals.frame import Phase
from tests.session.conftest import plan_of
from tests.session.screen import INTERVAL_NS, Open, S
from tests.session.test_seek import at, played_to, same_everywhere

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm")]

VARIABLE = "SPYMASTER_DATA"
FILES = ("esh4-20231225-2300-2330.mbp-10", "esh4-20231225-2300-2330.trades", "definition-glbx-es-fut")


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"real market data: {VARIABLE} names no folder")
def test_a_moment_of_a_real_session_sought_is_the_moment_played(open_screen: Open, tmp_path: Path) -> None:
    folder = Path(os.environ[VARIABLE]) / "es"
    plan = plan_of(*(folder / f"{name}.dbn.zst" for name in FILES), chunk=512)
    seeker = open_screen(plan, cache=CachePlan(tmp_path / "cache", every_ns=60 * S, worth_bytes=0))
    seeker.session.start()
    end = seeker.phase(Phase.ENDED)
    dice = random.Random(2)
    for _ in range(4):
        t_ns = end.t_ns - dice.randrange(1, 25 * 60 * 4) * INTERVAL_NS
        at(seeker, t_ns)
        _, player = played_to(open_screen, plan, t_ns)
        assert same_everywhere(seeker, player)
        player.session.stop()
