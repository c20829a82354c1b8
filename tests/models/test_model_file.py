"""The file of a model: what goes in comes out, the same bytes each time, and nothing damaged is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.models.errors import ModelError
from spymaster.models.model_file import Card, ModelFile, pack_model, read_model, unpack_model

CARD = Card(name="trial", question="heads?", learnt_on="two coins", made_by="hand", simulated=True, rows=2)
WEIGHTS = np.array([[0.5, -1.25], [3.0, np.pi]])


def packed(**changes: Any) -> bytes:
    arrays = {"weights": WEIGHTS, "leaves": np.array([1, 2, 3], np.int32), "flags": np.array([7], np.uint8)}
    fields: dict[str, Any] = {
        "features": ("a", "b"),
        "schema": "s",
        "data_set": "sim-1",
        "code_version": "0",
        "card": CARD,
    }
    return pack_model("trial", changes.pop("arrays", arrays), **(fields | changes))


def unpacked(data: bytes) -> ModelFile:
    return unpack_model("here", data)


def test_what_goes_in_comes_out() -> None:
    model = unpacked(packed())
    assert model.header.card == CARD
    assert model.header.features == ("a", "b")
    assert model.arrays["weights"].tolist() == WEIGHTS.tolist()
    assert model.arrays["leaves"].dtype == np.int32


def test_the_same_model_is_the_same_bytes() -> None:
    assert packed() == packed()


def test_what_was_read_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        unpacked(packed()).arrays["weights"][0, 0] = 1.0


@pytest.mark.parametrize("place", [0, 10, 40, -60, -1])
def test_one_changed_byte_is_found_wherever_it_lies(place: int) -> None:
    data = bytearray(packed())
    data[place] ^= 1
    with pytest.raises(ModelError):
        unpacked(bytes(data))


@pytest.mark.parametrize("length", [0, 7, 20, 200, -1])
def test_a_file_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(ModelError):
        unpacked(packed()[:length])


def test_objects_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="block weights is of type"):
        packed(arrays={"weights": np.array([object()])})


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(tmp_path / "none.model")


def test_another_file_is_told_from_a_damaged_model(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PAR1" * 100)
    with pytest.raises(ModelError, match="is not the file of a model"):
        read_model(tmp_path / "x")
