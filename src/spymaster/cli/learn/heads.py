"""The ``learn`` commands of models with several heads, done."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.errors import ExitCode, UserError
from spymaster.learn.dataset.read import load
from spymaster.learn.heads.evaluating import evaluate, put_index
from spymaster.learn.heads.options import TrainOptions
from spymaster.learn.heads.report import SIMULATED, report_text
from spymaster.learn.heads.training import train
from spymaster.models.model_file import Card, read_model


def run_train(data: Path, out: Path, options: TrainOptions, real: Path | None, as_json: bool) -> None:
    """Learn and write the model; its figures go to the output. Raises UserError."""
    made = train(load(data), options, load(real) if real is not None else None, _progress)
    _write(out, made.packed)
    _print_json(made.report) if as_json else print(made.card.page)
    print(f"{out}: {len(made.packed):,} bytes", file=sys.stderr)


def run_evaluate(model: Path, data: Path, opens: bool, sources: str, as_json: bool) -> None:
    """Print what a model was worth. Raises UserError."""
    report = evaluate(model, load(data), opens=opens, sources=sources)
    _print_json(report) if as_json else print(report_text(report))


def run_card(model: Path, as_json: bool) -> None:
    """Print what a model rests on. Raises ModelError."""
    header = read_model(model).header
    if as_json:
        _print_json(header.card)
        return
    print(header.card.page if header.card.page is not msgspec.UNSET else _page(header.card))
    print(f"\nData set {header.data_set}, made by version {header.code_version}, features {header.schema[:12]}.")


def run_index(data: Path, into: Path, options: TrainOptions) -> None:
    """Give a model another index. Raises UserError."""
    rows = put_index(into, load(data), options)
    print(f"{into}: an index of {rows:,} rows, {into.stat().st_size:,} bytes", file=sys.stderr)


def run_sequence(data: Path, epochs: int, as_json: bool) -> None:
    """Measure the sequence baselines. Raises UserError."""
    from spymaster.learn.sequence.compare import compare_sequences, sequence_text

    report = compare_sequences(load(data), epochs, _progress)
    _print_json(report) if as_json else print(sequence_text(report))


def _page(card: Card) -> str:
    """A card without a page of its own, as one."""
    mark = [f"**{SIMULATED}**", ""] if card.simulated else []
    told = [f"Asked: {card.question}.", f"Learnt on: {card.learnt_on}.", f"Made by: `{card.made_by}`."]
    measured = [*(f"- {line}" for line in card.measured), *(f"- not measured: {line}" for line in card.not_measured)]
    return "\n".join([f"# {card.name}", "", *mark, *told, "", *measured])


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()


def _write(out: Path, data: bytes) -> None:
    try:
        write_whole(out, data)
    except OSError as error:
        raise UserError(
            out, f"cannot be written ({error.strerror})", "name another file", code=ExitCode.FAILURE
        ) from None
