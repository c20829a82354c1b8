"""The vendor's decoder: what it is given, and what becomes of its failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from databento_dbn import DBNError

from spymaster.feeds.dbn import vendor_decoder
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.vendor_decoder import DecoderError, decode_metadata, upgrade
from spymaster.feeds.errors import SourceError
from spymaster.market.kinds import Kind
from tests.support.dbn import body, header, put, records

OLD_BYTES = 64
"""A statistic of version 1."""
STAT_BYTES = 80


class PanicException(BaseException):
    """As the Rust bindings have it: derived from BaseException, importable from nowhere."""


def old_statistics(count: int) -> np.ndarray[Any, Any]:
    """Statistics as version 1 lays them out: the quantity in 32 bits."""
    rows = records(Kind.STAT, count)
    raw = np.zeros((count, OLD_BYTES), dtype=np.uint8)
    raw[:, :40] = rows.view(np.uint8).reshape(count, -1)[:, :40]
    raw[:, 0] = OLD_BYTES // 4
    raw[:, 40:44] = np.arange(1, count + 1, dtype="<i4").view(np.uint8).reshape(count, 4)
    return raw


class Decoder:
    """A decoder that fails as told on every record whose quantity is 3."""

    def __init__(self, failure: BaseException) -> None:
        self._failure = failure

    def __call__(self, **_options: Any) -> Decoder:
        return self

    def write_and_decode(self, data: bytes) -> list[bytes]:
        if any(data[at + 40] == 3 for at in range(0, len(data), OLD_BYTES)):
            raise self._failure
        size = STAT_BYTES - OLD_BYTES
        return [bytes([20]) + data[at + 1 : at + OLD_BYTES] + b"\0" * size for at in range(0, len(data), OLD_BYTES)]


FAILURES = [PanicException("called `Option::unwrap()` on a `None` value\nmore"), DBNError("cannot"), ValueError("no")]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_of_any_kind_is_one_line(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    monkeypatch.setattr(vendor_decoder, "DBNDecoder", Decoder(failure))
    with pytest.raises(DecoderError) as told:
        upgrade(old_statistics(4), 1, STAT_BYTES)
    assert str(told.value) == str(failure).splitlines()[0]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_record_the_decoder_fails_at_is_left_out_alone_and_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: BaseException
) -> None:
    monkeypatch.setattr(vendor_decoder, "DBNDecoder", Decoder(failure))
    mixed = old_statistics(5).tobytes() + body(records(Kind.TRADE, 2))
    file = DbnFile.open(put(tmp_path / "a.dbn", header(None, version=1) + mixed))
    batches = [(batch.order.tolist(), len(batch.arrays[Kind.STAT])) for batch in file.chunks()]
    assert batches == [([Kind.STAT] * 4 + [Kind.TRADE] * 2, 4)]
    ((reason, count),) = file.rejected.items()
    assert count == 1
    assert reason.startswith("the vendor's decoder cannot read it (")


def test_an_interrupt_is_no_failure_of_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor_decoder, "DBNDecoder", Decoder(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        upgrade(old_statistics(4), 1, STAT_BYTES)


@pytest.mark.parametrize("rtype", [0, 1, 99, 197])
def test_a_record_without_an_older_layout_is_never_given_to_the_decoder(
    monkeypatch: pytest.MonkeyPatch, rtype: int
) -> None:
    monkeypatch.setattr(vendor_decoder, "DBNDecoder", Decoder(AssertionError("was asked")))
    raw = old_statistics(2)
    raw[1, 1] = rtype
    with pytest.raises(DecoderError, match=f"^record type {rtype} has no older layout$"):
        upgrade(raw, 1, STAT_BYTES)


def test_old_statistics_are_read_by_the_decoder_that_is_installed() -> None:
    upgraded = upgrade(old_statistics(4), 1, STAT_BYTES)
    assert upgraded[:, 0].tolist() == [20] * 4
    assert upgraded[:, 40:48].copy().view("<i8")[:, 0].tolist() == [1, 2, 3, 4]


def test_a_header_the_decoder_fails_at_is_corrupt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Metadata:
        @staticmethod
        def decode(_head: bytes) -> None:
            raise PanicException("index out of bounds")

    path = put(tmp_path / "a.dbn", header("trades"))
    monkeypatch.setattr(vendor_decoder, "Metadata", Metadata)
    with pytest.raises(SourceError, match=r"its DBN header is corrupt \(index out of bounds\)"):
        DbnFile.open(path)


def test_a_header_is_decoded() -> None:
    assert decode_metadata(header("trades")).dataset == "GLBX.MDP3"
