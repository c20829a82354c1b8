"""What the engine really writes can be published, hashed and exported."""

from __future__ import annotations

import json

import numpy as np
from jsonschema import Draft202012Validator

from spymaster.signals.columns import flows_columns, signals_columns
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.hash import SignalHash
from spymaster.signals.schema import signals_schema
from tests.signals.conftest import USER_IDS, config_frame, engine_run, records
from tests.support.blocks import TestBlock


def digest(blocks: list[TestBlock]) -> str:
    chain = SignalHash()
    for one in blocks:
        chain.update(one)
    return chain.hexdigest()


def test_every_snap_of_the_engine_is_a_valid_message(engine_blocks: list[TestBlock]) -> None:
    encoder = SignalEncoder("es", USER_IDS)
    valid = Draft202012Validator(signals_schema())
    messages = [message for one in engine_blocks for message in encoder.signals(one)]
    assert len(messages) == 80
    for message in messages:
        valid.validate(json.loads(encoder.json(message)))
    assert {"lunch", "ROUND_4800"} <= {one.id for one in messages[-1].levels}


def test_the_engine_writes_absent_values_as_the_one_nan(engine_blocks: list[TestBlock]) -> None:
    numbers = np.concatenate([one.numbers[k, :n].ravel() for one in engine_blocks for k, n in _levels(one)])
    patterns = set(numbers.view(np.uint64)[np.isnan(numbers)].tolist())
    assert patterns == {0x7FF8000000000000}


def test_the_same_records_give_the_same_hash(engine_blocks: list[TestBlock]) -> None:
    assert digest(engine_run([config_frame(), records()])) == digest(engine_blocks)


def test_one_contract_more_in_one_record_changes_the_hash(engine_blocks: list[TestBlock]) -> None:
    frame = records()
    (words,) = frame.batch.arrays.values()
    words[1000, 6 + 9 * 4 + 2] += 1
    assert digest(engine_run([config_frame(), frame])) != digest(engine_blocks)


def test_the_engine_s_rows_make_columns(engine_blocks: list[TestBlock]) -> None:
    signals = [signals_columns(one, USER_IDS) for one in engine_blocks]
    flows = [flows_columns(one, 250_000_000) for one in engine_blocks]
    assert sum(len(columns["score"]) for columns in signals) == sum(n for one in engine_blocks for _, n in _levels(one))
    assert sum(len(columns["price"]) for columns in flows) == sum(len(one.flows) for one in engine_blocks) > 0


def _levels(one: TestBlock) -> list[tuple[int, int]]:
    return list(enumerate(one.snaps["levels"].tolist()))
