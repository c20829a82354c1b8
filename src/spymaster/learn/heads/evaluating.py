"""A model that is there, held against rows it did not learn from; the last quarter of its own set is opened once."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.atomic_output import write_whole
from spymaster.errors import ExitCode, UserError
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.fitting import Learner, packed
from spymaster.learn.heads.index import index_of
from spymaster.learn.heads.options import TrainOptions
from spymaster.learn.heads.report import Evaluation, evaluation
from spymaster.learn.heads.splits import Split, check_split, plan
from spymaster.learn.heads.training import with_index
from spymaster.learn.heads.walking import told_by
from spymaster.models.head_model import HeadModel
from spymaster.models.model_file import read_model

IN_SAMPLE: Final = "Base rate and logistic learnt from these very rows, which favours them."


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody looked at a last quarter: a line of the file beside the model."""

    opened_at: str
    model_sha256: str
    data_set: str
    rows: int


def evaluate(path: Path, data: DataSet, *, opens: bool, sources: str = "") -> Evaluation:
    """The figures of a model's file on a set. ``opens``: the last quarter of the set it learnt from may be looked at,
    and that is logged beside the model. ``sources``: only those whose names begin so. Raises UserError."""
    model = HeadModel.load(path, data.schema)
    notes: tuple[str, ...]
    if data.id == model.data_set:
        split, notes = _last_quarter(path, data, opens)
        seen = "the last quarter of the set it learnt from, kept from it"
    else:
        everything = np.arange(len(data))
        split, notes = Split(everything, everything[:0], everything), (IN_SAMPLE,)
        seen = f"of a set it did not learn from ({model.data_set} is its own)"
    if sources:
        chosen = np.array([name.startswith(sources) for name in data.sources])[data.source]
        if not chosen[split.test].any():
            raise UserError(f"--sources {sources}", "no source of these rows begins so", "leave it out or name another")
        split = Split(split.train, split.calibrate, split.test[chosen[split.test]])
        seen = f"{seen}, sources {sources}"
    return evaluation(
        told_by(model, Learner(data, TrainOptions()), split),
        model=model.data_set,
        learnt_on_simulated=model.card.simulated,
        data_set=data.id,
        simulated=data.simulated,
        seen=seen,
        notes=notes,
    )


def put_index(path: Path, data: DataSet, options: TrainOptions) -> int:
    """Give a model's file another index of attempts; returns how many rows it has. Raises UserError.

    Of the set that the model learnt from, the last quarter stays out.
    """
    file = read_model(path)
    model = HeadModel(file, path, data.schema)
    plain = {name: array for name, array in file.arrays.items() if not name.startswith("index/")}
    if data.id == model.data_set:
        arrays = with_index(plain, data, plan(data, options.folds), options)
    else:
        arrays = plain | index_of(data, np.arange(len(data)), plain, options).arrays()
    # the file goes on to say what its trees learnt from
    write_whole(path, packed(arrays, replace(data, id=model.data_set), model.card, file.header.code_version))
    index = HeadModel.load(path, data.schema).index
    return len(index) if index is not None else 0


def _last_quarter(path: Path, data: DataSet, opens: bool) -> tuple[Split, tuple[str, ...]]:
    if not opens:
        problem = "was learnt from this set, and only its last quarter was kept from it"
        raise UserError(path, problem, "open that with --open, once, or name another set", code=ExitCode.USAGE)
    split = plan(data, TrainOptions().folds).final
    check_split(data, split)
    log = path.with_name(f"{path.name}.opened.jsonl")
    before = log.read_bytes() if log.exists() else b""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    line = Opening(opened_at=now, model_sha256=digest, data_set=data.id, rows=len(split.test))
    write_whole(log, before + msgspec.json.encode(line) + b"\n")
    earlier = [msgspec.json.decode(one, type=Opening) for one in before.splitlines()]
    first = next((one.opened_at for one in earlier if one.data_set == data.id), "")
    again = f"The last quarter was opened before, first at {first}: nobody can say any more that these rows are unseen."
    return split, (again,) if first else ()
