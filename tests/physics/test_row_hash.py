"""The signal hash in a kernel: the chain that ``SignalHash`` makes of the same rows, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import xxhash
from numpy.typing import NDArray

from spymaster.market.frames import Frame, WatermarkFrame
from spymaster.market.levels import MAX_PUBLISHED
from spymaster.market.rows import LEVEL_ROW
from spymaster.physics.engine import Engine
from spymaster.physics.row_hash import DIGEST_WORDS, FIRST_DIGEST, HEAD_WORDS, WORK_WORDS, hash_snap
from spymaster.signals.hash import SignalHash
from tests.support.engine import engine_for, records
from tests.support.market import MINUTE, Market
from tests.support.streams import play, random_actions

FIELDS = len(LEVEL_ROW.names or ())


@pytest.mark.parametrize("levels", [0, 1, 2, 5, 15, 16, 17, 61, MAX_PUBLISHED])
def test_a_snap_enters_the_chain_as_the_library_has_it(levels: int) -> None:
    dice = np.random.default_rng(levels)
    words = np.zeros(HEAD_WORDS + MAX_PUBLISHED * FIELDS, np.int64)
    work = dice.integers(-(2**63), 2**63, WORK_WORDS, np.int64)
    digest = bytes(16)
    for t_ns in (1, 1_700_000_000_000_000_000, 2**62):
        rows = dice.integers(-(2**63), 2**63, levels * FIELDS, np.int64)
        words[HEAD_WORDS : HEAD_WORDS + len(rows)] = rows
        hash_snap(words, work, t_ns, levels, FIELDS)
        digest = xxhash.xxh3_128_digest(digest + t_ns.to_bytes(8, "little") + rows.tobytes())
        assert words[:2].tobytes() == digest


def market_with_a_pause() -> NDArray[np.int64]:
    """Trading, twelve minutes without a record in which levels come to rest, and trading again."""
    market = Market()
    market.ladder().at(0.5)
    words = play(market, random_actions(5, 1200, rough=True)).words()
    again = words.copy()
    pause_ns = int(words[-1, 1] - words[0, 1]) + 12 * MINUTE
    again[:, [1, 4]] += pause_ns
    return np.concatenate([words, again])


def digest_of(engine: Engine, frames: Iterable[Frame]) -> bytes:
    """The hash of all that an engine publishes, by itself or by ``SignalHash``."""
    chain = SignalHash()
    for frame in frames:
        for block in engine.feed(frame):
            if block.digest is None:
                chain.update(block)
            else:
                chain = SignalHash(block.digest)
    return chain.digest


LEVELS = (5000.0, 5000.5, 5001.25, 4998.75)


@pytest.mark.parametrize("per_block", [1, 7, 64])
def test_an_engine_that_hashes_its_rows_comes_to_the_hash_of_those_it_would_have_kept(per_block: int) -> None:
    frame = records(market_with_a_pause())
    kept, hashed = (engine_for(snaps_per_block=64, levels=LEVELS, digest=how) for how in (None, FIRST_DIGEST))
    expected = digest_of(kept, [frame])
    assert digest_of(engine_for(snaps_per_block=per_block, levels=LEVELS, digest=FIRST_DIGEST), [frame]) == expected
    assert digest_of(hashed, [frame]) == expected
    assert hashed.snapshot() == kept.snapshot()


def test_rows_that_were_hashed_cannot_be_read() -> None:
    engine = engine_for(levels=LEVELS, digest=FIRST_DIGEST)
    block = next(engine.feed(records(market_with_a_pause())))
    with pytest.raises(ValueError, match="hashed and not kept"):
        block.rows  # noqa: B018


def test_rows_at_rest_are_written_anew_after_another_moment_was_restored() -> None:
    words = market_with_a_pause()
    half = len(words) // 2
    middle: list[Frame] = [records(words[:half]), WatermarkFrame(int(words[half - 1, 1]) + 5 * MINUTE)]
    rest: list[Frame] = [WatermarkFrame(int(words[half - 1, 1]) + 10 * MINUTE), records(words[half:])]
    kept = engine_for(levels=LEVELS)
    digest_of(kept, middle)
    moment = kept.snapshot()
    expected = digest_of(kept, rest)
    nothing: list[Frame] = []
    for seen in (nothing, middle, [*middle, *rest]):
        engine = engine_for(levels=LEVELS, digest=FIRST_DIGEST)
        digest_of(engine, seen)
        engine.restore(moment)
        engine._out.arrays.words[:DIGEST_WORDS] = 0
        assert digest_of(engine, rest) == expected
