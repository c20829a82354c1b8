"""Same records and configuration, same bytes: whatever the chunks, and from any snapshot on."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from spymaster.physics.engine import Engine, EngineError
from tests.support.engine import Results, Words, config_frame, engine_for, feed, records, run
from tests.support.market import Market
from tests.support.streams import play, random_actions

LEVELS = (5000.0, 5000.5, 5001.25, 4998.75)


@pytest.fixture(scope="module")
def words() -> Words:
    market = Market()
    market.ladder().at(0.5)
    return play(market, random_actions(5, 2500, rough=True)).words()


def published(results: Results) -> list[bytes]:
    return [
        results.snaps.tobytes(),
        b"".join(row.tobytes() for row in results.rows),
        results.flows.tobytes(),
        results.alerts.tobytes(),
    ]


def test_two_runs_give_the_same_bytes(words: Words) -> None:
    assert published(run(words, levels=LEVELS)) == published(run(words, levels=LEVELS))


@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_chunks_make_no_difference(words: Words, chunk: int) -> None:
    assert published(run(words, levels=LEVELS, chunk=chunk)) == published(run(words, levels=LEVELS))


def test_random_chunks_make_no_difference(words: Words) -> None:
    dice = random.Random(3)
    engine, results, first = engine_for(levels=LEVELS), Results(), 0
    while first < len(words):
        size = dice.choice((1, 2, 5, 90, 400))
        feed(engine, records(words[first : first + size]), into=results)
        first += size
    results.take(engine.finish())
    assert published(results) == published(run(words, levels=LEVELS))


@pytest.mark.parametrize("snaps", [1, 3, 64])
def test_how_many_snaps_are_gathered_makes_no_difference(words: Words, snaps: int) -> None:
    assert published(run(words, levels=LEVELS, snaps_per_block=snaps)) == published(run(words, levels=LEVELS))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_restored_engine_continues_bit_for_bit(words: Words, seed: int) -> None:
    cut = random.Random(seed).randrange(1, len(words))
    first = engine_for(levels=LEVELS)
    feed(first, records(words[:cut]))
    image = first.snapshot()
    straight = feed(first, records(words[cut:])).take(first.finish())
    second = engine_for(levels=LEVELS)
    feed(second, records(words[: cut // 3]))
    second.restore(image)
    resumed = feed(second, records(words[cut:])).take(second.finish())
    assert published(resumed) == published(straight)
    assert second.snapshot() == first.snapshot()


def test_records_of_another_instrument_change_nothing(words: Words) -> None:
    other = words.copy()
    other[:, 0] = (other[:, 0] & 0xFFFFFFFF) | (999 << 32)
    mixed = np.empty((2 * len(words), words.shape[1]), np.int64)
    mixed[0::2], mixed[1::2] = words, other
    assert published(run(mixed, levels=LEVELS)) == published(run(words, levels=LEVELS))


def test_an_instrument_id_beyond_31_bits_is_known_again() -> None:
    market = Market(instrument_id=2**32 - 5, publisher_id=65_000)
    market.ladder().at(1.0)
    results = run(market.words(), instrument_id=2**32 - 5, publisher_id=65_000)
    assert results.counters["records"] == 1


def changed_snapshot(which: Sequence[object]) -> bytes:
    levels, params = which
    engine = engine_for(levels=levels, params=params)
    return engine.snapshot()


@pytest.mark.parametrize("which", [((5000.0, 5000.25), {}), ((5000.0,), {"hold_break_ns": 1})])
def test_a_snapshot_of_another_configuration_is_refused(which: Sequence[object]) -> None:
    with pytest.raises(EngineError):
        engine_for(levels=(5000.0,)).restore(changed_snapshot(which))


def test_a_damaged_snapshot_is_refused() -> None:
    engine = engine_for()
    with pytest.raises(EngineError):
        engine.restore(engine.snapshot()[:-1])


def test_records_before_a_configuration_are_refused() -> None:
    with pytest.raises(EngineError):
        feed(Engine(), records(Market().ladder().words()))


def test_flipping_any_size_changes_the_fold_of_the_inputs(words: Words) -> None:
    """Sizes of the levels, of the record itself, and both halves of a word at once."""
    dice = random.Random(9)
    small = words[:400]
    whole = fold_of(run(small, levels=LEVELS))
    for _ in range(12):
        place, level = dice.randrange(len(small)), dice.randrange(10)
        for word, change in ((6 + 4 * level + 2, 1), (6 + 4 * level + 2, 1 << 32), (3, 1)):
            other = small.copy()
            other[place, word] ^= change
            assert fold_of(run(other, levels=LEVELS)) != whole


def test_inverting_a_whole_word_changes_the_fold_of_the_inputs(words: Words) -> None:
    """The fold claims to be bijective in each word; a word and its complement must not be mixed to the same."""
    small = words[:400]
    other = small.copy()
    other[200, 5] = ~other[200, 5]
    assert fold_of(run(other, levels=LEVELS)) != fold_of(run(small, levels=LEVELS))


def fold_of(results: Results) -> tuple[float, float]:
    row = results.rows[-1][0]
    return float(row["input_fingerprint_high"]), float(row["input_fingerprint_low"])


def test_the_configuration_is_kept_for_the_reader() -> None:
    frame = config_frame(levels=(5000.0,))
    engine = Engine()
    list(engine.feed(frame))
    assert engine.config == frame
