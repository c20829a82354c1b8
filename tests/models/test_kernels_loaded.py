"""What a session has in memory before it asks for records: nothing is compiled at a snap."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.features.follower import FeatureFollower
from spymaster.market.jit import only_kept
from spymaster.models.kernels_loaded import load_kernels
from spymaster.models.live_scorer import LevelAsker
from tests.features.scene import by_chance
from tests.support import head_models


@pytest.mark.filterwarnings("error")
def test_after_it_nothing_is_left_to_compile() -> None:
    load_kernels()
    with only_kept():
        asker = LevelAsker(FeatureFollower(0.25), 0.25)
        for block in by_chance(0, 400).blocks(1):
            asker.on_block(block)
        asker.restore(asker.snapshot())
        model = head_models.model()
        told = model.predict(np.zeros((2, len(head_models.FEATURES))), np.zeros(2, np.int64))
    assert len(told) == 2
