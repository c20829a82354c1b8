"""What models said in the runs of a lake, and what came of it: where both are kept, how they are read and sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from spymaster.errors import UserError
from spymaster.lake.catalog import Lake, LakeRun
from spymaster.lake.errors import LakeError
from spymaster.lake.storage.files import Storage
from spymaster.ledger.predictions.chain import Chain, ChainReader, mismatch, verified
from spymaster.ledger.predictions.entries import FORMAT, Entry, Outcomes, RunBegins
from spymaster.market.manifest import PredictionSeal, RecordingFile

PREDICTIONS_KIND: Final = "PREDICTIONS"
"""``kind`` of the file in a manifest."""
_PREDICTIONS: Final = "predictions"
_OUTCOMES: Final = "outcomes"


def sealed_predictions(storage: Storage, run_id: str, path: Path | None) -> tuple[PredictionSeal, RecordingFile] | None:
    """Take a run's predictions into the lake, as far as they hold together; None where nothing was said.

    What does not belong to them (a line that a crash left unfinished) stays beside the journal, and the seal says so.
    Raises OSError.
    """
    try:
        data = path.read_bytes() if path is not None else b""
    except FileNotFoundError:
        return None
    chain = verified(data)
    if not chain.lines:
        return None
    whole = data[: chain.bytes]
    name = f"{_PREDICTIONS}/{quote(run_id, safe='')}.jsonl"
    storage.put(name, whole)
    problem = f"line {chain.place} {chain.problem}" if chain.problem else ""
    seal = PredictionSeal(name, chain.lines, chain.said, chain.root, chain.days, problem)
    digest = hashlib.sha256(whole).hexdigest()
    return seal, RecordingFile(name, digest, chain.said, PREDICTIONS_KIND, len(whole))


@dataclass(frozen=True, slots=True)
class RunPredictions:
    """The predictions of one run: the entries that hold together, the chain, and what is wrong (empty: nothing)."""

    run: LakeRun
    seal: PredictionSeal
    entries: tuple[Entry, ...]
    chain: Chain
    problem: str


def predictions_of(lake: Lake) -> Iterator[RunPredictions]:
    """Those of every run in which a model spoke, oldest first. Raises OSError."""
    for run in lake.runs:
        seal = run.run.predictions
        if seal is not None:
            yield _read(lake.storage, run, seal)


def _read(storage: Storage, run: LakeRun, seal: PredictionSeal) -> RunPredictions:
    try:
        reader = ChainReader(storage.read(seal.path))
    except FileNotFoundError:
        reader = ChainReader(b"")
        return RunPredictions(run, seal, (), reader.chain, "is missing")
    entries = tuple(reader.entries())
    chain = reader.chain
    problem = f"line {chain.place} {chain.problem}" if chain.problem else mismatch(chain, seal.lines, seal.root)
    problem = problem or _days_differ(chain, seal) or _of_another_run(entries, run)
    return RunPredictions(run, seal, entries, chain, problem)


def _of_another_run(entries: Iterable[Entry], run: LakeRun) -> str:
    own = (run.run.id, run.manifest.simulated)
    for entry in entries:
        if isinstance(entry, RunBegins) and (entry.run, entry.simulated) != own:
            return f"is of {'simulated ' if entry.simulated else ''}run {entry.run}, not of this one"
    return ""


def _days_differ(chain: Chain, seal: PredictionSeal) -> str:
    for said, sealed in zip(chain.days, seal.days, strict=False):
        if said != sealed:
            return f"the root of {sealed.date} in the run's manifest is not that of the file"
    return "" if len(chain.days) == len(seal.days) else "has other trade dates than the run's manifest"


def put_outcomes(storage: Storage, outcomes: Outcomes) -> str:
    """Write what came of a run's predictions, in place of what was there; its name. Raises OSError."""
    name = f"{_OUTCOMES}/{quote(outcomes.run, safe='')}.json"
    storage.put(name, msgspec.json.encode(outcomes) + b"\n")
    return name


def outcomes_in(storage: Storage) -> tuple[list[Outcomes], list[UserError]]:
    """(outcomes of all runs that were settled, why others cannot be used). Raises OSError."""
    found: list[Outcomes] = []
    refused: list[UserError] = []
    for name in storage.names(_OUTCOMES):
        url = storage.url(name)
        try:
            outcomes = msgspec.json.decode(storage.read(name), type=Outcomes)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            remedy = "settle its run again"
            refused.append(LakeError(url, f"is no file of outcomes ({error})", remedy))
            continue
        if outcomes.format > FORMAT:
            refused.append(LakeError(url, f"is of format {outcomes.format}", "update the program to read it"))
        else:
            found.append(outcomes)
    return found, refused
