"""Equal hashes mean equal signals, and nothing else changes a hash."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import xxhash

from spymaster.market.columns.level_fields import HASH_ORDER
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.signals.hash import SignalHash
from tests.support.blocks import TestBlock, block, level, parts, unseen

SNAPS: tuple[list[dict[str, float]], ...] = ([level(), unseen(price=4810.0)], [level(score=83.0)], [], [unseen()])


def digest(blocks: Sequence[TestBlock]) -> str:
    chain = SignalHash()
    for one in blocks:
        chain.update(one)
    return chain.hexdigest()


def test_the_hash_is_the_xxh3_128_chain_over_time_and_packed_rows() -> None:
    made = block(*SNAPS)
    h = bytes(16)
    for k, rows in enumerate(SNAPS):
        packed = np.array([[row[name] for name in HASH_ORDER] for row in rows], "<f8").tobytes()
        h = xxhash.xxh3_128(h + int(made.snaps["t_ns"][k]).to_bytes(8, "little") + packed).digest()
    assert digest([made]) == h.hex()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_how_snaps_are_divided_into_blocks_makes_no_difference(size: int) -> None:
    assert digest(parts(block(*SNAPS), size)) == digest([block(*SNAPS)])


def test_unused_places_of_a_block_make_no_difference() -> None:
    made = block(*SNAPS)
    made.numbers[1, 1:] = 17.0
    assert digest([made]) == digest([block(*SNAPS)])


@pytest.mark.parametrize("field", [field.name for field in LEVEL_FIELDS])
def test_any_changed_number_changes_the_hash(field: str) -> None:
    row = level()
    other = 1.0 if math.isnan(row[field]) else np.nextafter(row[field], math.inf)
    assert digest([block([row], [level()])]) != digest([block([row | {field: other}], [level()])])


def test_the_time_of_a_snap_counts_even_without_levels() -> None:
    assert digest([block([], first_ns=1_000)]) != digest([block([], first_ns=2_000)])


def test_the_order_of_levels_counts() -> None:
    a, b = level(), level(price=4810.0)
    assert digest([block([a, b])]) != digest([block([b, a])])


def test_hashing_leaves_the_rows_as_they_are() -> None:
    made = block([level(score=-math.nan)])
    before = made.numbers.tobytes()
    digest([made])
    assert made.numbers.tobytes() == before


def test_a_block_without_snaps_changes_nothing() -> None:
    made = block(*SNAPS)
    assert digest([made, block()]) == digest([made])


def test_before_the_first_snap_the_hash_is_zero() -> None:
    assert SignalHash().hexdigest() == "0" * 32
