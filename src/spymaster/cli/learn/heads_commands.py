"""``learn train``, ``evaluate``, ``card``, ``index`` and ``sequence``: what may be asked of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported

DataSetArgument = Annotated[Path, typer.Argument(metavar="DS", help="A data set.", show_default=False)]
ModelArgument = Annotated[Path, typer.Argument(metavar="MODEL", help="A model's file.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
NeighboursOption = Annotated[int, typer.Option(help="Attempts in the index at most; 0 for none.", min=0, max=50_000)]
ComparedOption = Annotated[int, typer.Option(help="Columns that attempts are compared in.", min=1, max=512)]


def learn_train(
    data: DataSetArgument,
    out: Annotated[Path, typer.Option(help="File to write the model into.", show_default=False)],
    trees: Annotated[int, typer.Option(help="Trees of a head.", min=1, max=2000)] = 120,
    hazard_trees: Annotated[int, typer.Option(help="Trees of each cause of the curves.", min=1, max=2000)] = 40,
    leaves: Annotated[int, typer.Option(help="Leaves of a tree at most.", min=2, max=64)] = 15,
    rate: Annotated[float, typer.Option(help="What a tree corrects of what is left.", min=0.001, max=1.0)] = 0.05,
    least_rows: Annotated[int, typer.Option(help="Rows in a leaf at least.", min=1, max=100_000)] = 40,
    neighbours: NeighboursOption = 1500,
    compared: ComparedOption = 24,
    folds: Annotated[int, typer.Option(help="Folds of the walk forward.", min=1, max=50)] = 3,
    ablations: Annotated[bool, typer.Option(help="Measure models with less beside it.")] = True,
    real: Annotated[
        Path | None, typer.Option(help="Rows of real markets, to say how well simulated ones are told from them.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Learn a model with several heads, measure it by walking forward, and write its file and card."""
    from spymaster.cli.learn.heads import run_train
    from spymaster.learn.heads.options import TrainOptions

    options = TrainOptions(
        trees=trees,
        hazard_trees=hazard_trees,
        leaves=leaves,
        rate=rate,
        least_rows=least_rows,
        neighbours=neighbours,
        compared=compared,
        folds=folds,
        ablations=ablations,
    )
    with reported():
        run_train(data, out, options, real, as_json)


def learn_evaluate(
    model: ModelArgument,
    data: DataSetArgument,
    opens: Annotated[
        bool, typer.Option("--open", help="Look at the last quarter of the set it learnt from; that is logged.")
    ] = False,
    sources: Annotated[str, typer.Option(help="Only sources whose names begin so.", show_default=False)] = "",
    as_json: JsonOption = False,
) -> None:
    """Measure a model on rows it did not learn from."""
    from spymaster.cli.learn.heads import run_evaluate

    with reported():
        run_evaluate(model, data, opens, sources, as_json)


def learn_card(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Print what a model rests on."""
    from spymaster.cli.learn.heads import run_card

    with reported():
        run_card(model, as_json)


def learn_index(
    data: DataSetArgument,
    into: Annotated[Path, typer.Option(metavar="MODEL", help="The model's file.", show_default=False)],
    neighbours: NeighboursOption = 1500,
    compared: ComparedOption = 24,
) -> None:
    """Give a model another index of past attempts, for the most similar ones."""
    from spymaster.cli.learn.heads import run_index
    from spymaster.learn.heads.options import TrainOptions

    with reported():
        run_index(data, into, TrainOptions(neighbours=max(neighbours, 1), compared=compared))


def learn_sequence(
    data: DataSetArgument,
    epochs: Annotated[int, typer.Option(help="Passes of the transformer over its rows.", min=1, max=500)] = 10,
    as_json: JsonOption = False,
) -> None:
    """Measure two sequence models as baselines: random convolutions, and a transformer where torch is installed."""
    from spymaster.cli.learn.heads import run_sequence

    with reported():
        run_sequence(data, epochs, as_json)
