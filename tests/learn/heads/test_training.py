"""Training finds what is there and nothing else, gives the same bytes again, and says what a model rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.learn.dataset.read import DataSet
from spymaster.learn.heads.evaluating import Opening, evaluate, put_index
from spymaster.learn.heads.measures import HeadFigures
from spymaster.learn.heads.options import TrainOptions, words
from spymaster.learn.heads.report import Evaluation, report_text
from spymaster.learn.heads.telling import told_apart
from spymaster.learn.heads.training import Trained, train
from spymaster.models.head_model import HeadModel
from spymaster.models.model_file import unpack_model
from spymaster.models.prediction import PREDICTION
from tests.support.attempt_sets import attempt_set

pytest.importorskip("lightgbm")

SMALL = TrainOptions(trees=30, hazard_trees=8, leaves=7, folds=2, neighbours=60, compared=8, least_rows=20)


def quietly(_: str) -> None:
    """Progress is not of interest here."""


def learnt(data: DataSet, options: TrainOptions = SMALL, real: DataSet | None = None) -> Trained:
    return train(data, options, real, quietly)


@pytest.fixture(scope="module")
def data() -> DataSet:
    return attempt_set(1400, 16)


@pytest.fixture(scope="module")
def made(data: DataSet) -> Trained:
    return learnt(data)


@pytest.fixture
def path(made: Trained, tmp_path: Path) -> Path:
    path = tmp_path / "some.model"
    path.write_bytes(made.packed)
    return path


def head(report: Evaluation, name: str, stage: str = "all") -> HeadFigures:
    return next(one for one in report.heads if (one.head, one.stage) == (name, stage))


def test_the_same_set_gives_the_same_bytes(made: Trained) -> None:
    assert learnt(attempt_set(1400, 16)).packed == made.packed


def test_what_trees_can_find_is_found_on_rows_that_were_not_learnt_from(made: Trained) -> None:
    figures = head(made.report, "direction").figures
    assert figures.brier_skill.low is not None
    assert figures.brier_skill.low > 0.2
    assert figures.auc > 0.8
    against = {one.baseline: one.brier_skill for one in head(made.report, "direction").against}
    assert against["logistic"].low is not None
    assert against["logistic"].low > 0.0


def test_labels_by_chance_alone_have_no_skill() -> None:
    report = learnt(attempt_set(1400, 16, signal=0.0), replace_(SMALL, ablations=False)).report
    skill = head(report, "direction").figures.brier_skill
    against = {one.baseline: one.brier_skill for one in head(report, "direction").against}
    assert skill.high is not None
    assert against["base rate by kind, side, half hour"].value < 0.03
    assert head(report, "direction").figures.auc == pytest.approx(0.5, abs=0.05)


def replace_(options: TrainOptions, **changes: object) -> TrainOptions:
    told = {name: getattr(options, name) for name in options.__struct_fields__}
    return TrainOptions(**{**told, **changes})


def test_a_model_with_less_is_worse_by_what_was_left_out(made: Trained) -> None:
    by_name = {one.name: one for one in made.report.ablations if one.head == "direction"}
    assert by_name["book and tape alone"].worse_by.value == pytest.approx(0.0, abs=0.01)
    assert by_name["geometry alone"].worse_by.low is not None
    assert by_name["geometry alone"].worse_by.low > 0.02
    assert by_name["all"].worse_by.value == 0.0
    assert "all, mixed with neighbours (predecessor)" in by_name


def test_the_file_speaks_as_the_measured_models_do(made: Trained, data: DataSet) -> None:
    model = HeadModel(unpack_model("here", made.packed), "here", data.schema)
    said = model.predict(data.design, data.stage)
    assert model.has_trees
    assert all(np.isfinite(said[name]).all() for name in PREDICTION.names or ())
    assert (np.diff(said["break_by"], axis=1) >= 0.0).all()
    assert (said["break_by"][:, -1] + said["bounce_by"][:, -1] <= 1.0).all()


def test_the_index_never_holds_an_attempt_of_the_last_quarter(made: Trained, data: DataSet) -> None:
    from spymaster.learn.heads.splits import plan

    index = HeadModel(unpack_model("here", made.packed), "here", data.schema).index
    assert index is not None
    kept = {data.sources[one] for one in data.source[plan(data, 2).final.test]}
    assert {index.sources[one] for one in index.source} & kept == set()
    assert len(np.unique(index.price)) == SMALL.neighbours
    assert len(index) == 2 * SMALL.neighbours
    assert len(index.columns) == SMALL.compared


def test_a_card_says_what_it_rests_on(made: Trained) -> None:
    page = made.card.page
    assert isinstance(page, str)
    assert "**LEARNT ON SIMULATED MARKETS**; not measured on real markets." in page
    assert "of 9 simulated worlds, data set sim-made-1" in page
    assert f"`spymaster-tui learn train DS --out MODEL{words(SMALL)}`" in page
    assert "8 models were compared." in page
    assert "Fewer than 10,000 rows: the ECE is not to be quoted." in page
    assert made.card.simulated
    assert made.card.trials == 8


def test_a_card_of_real_days_does_not_say_simulated() -> None:
    card = learnt(attempt_set(300, 12, simulated=False), SMALL).card
    assert isinstance(card.page, str)
    assert "SIMULATED" not in card.page
    assert "of 5 trade dates" in card.page
    assert card.not_measured == ()


def test_below_784_attempts_the_logistic_speaks_alone_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_there(*_: object, **__: object) -> None:
        raise AssertionError("trees were asked for")

    monkeypatch.setattr("spymaster.learn.heads.tasks.fit_forest", not_there)
    data = attempt_set(300, 12)
    few = learnt(data)
    model = HeadModel(unpack_model("here", few.packed), "here", data.schema)
    assert not model.has_trees
    assert any("of 784 resolved attempts" in line and line.startswith("Collecting ") for line in few.card.measured)
    assert np.isfinite(model.predict(data.design, data.stage)["break_by"]).all()


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, data: DataSet) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"lightgbm: is not installed.*pip install 'spymaster-tui\[learn\]'") as refused:
        learnt(data)
    assert "\n" not in str(refused.value)


def test_a_set_of_other_features_is_not_learnt_from(data: DataSet) -> None:
    with pytest.raises(UserError, match="was built with other features than this program computes"):
        learnt(replace(data, schema="another"))


def test_a_set_it_did_not_learn_from_is_measured_whole(path: Path) -> None:
    other = attempt_set(300, 8, seed=7)
    report = evaluate(path, other, opens=False)
    assert report.rows == int((other.outcome[:, -1] <= 2).sum())
    assert head(report, "direction").figures.brier_skill.value > 0.2
    assert "favours them" in report_text(report)
    assert not (path.parent / "some.model.opened.jsonl").exists()


def test_some_sources_may_be_measured_alone(path: Path) -> None:
    other = attempt_set(300, 8, seed=7)
    report = evaluate(path, other, opens=False, sources="world-3")
    assert report.blocks == 1
    with pytest.raises(UserError, match="no source of these rows begins so"):
        evaluate(path, other, opens=False, sources="nowhere")


def test_the_last_quarter_is_not_looked_at_unasked(path: Path, data: DataSet) -> None:
    with pytest.raises(UserError, match="open that with --open"):
        evaluate(path, data, opens=False)


def test_opening_the_last_quarter_is_logged_and_a_second_look_says_so(path: Path, data: DataSet) -> None:
    import msgspec

    first = evaluate(path, data, opens=True)
    second = evaluate(path, data, opens=True)
    lines = (path.parent / "some.model.opened.jsonl").read_bytes().splitlines()
    openings = [msgspec.json.decode(line, type=Opening) for line in lines]
    assert [one.data_set for one in openings] == [data.id, data.id]
    assert first.notes == ()
    assert "opened before" in second.notes[0]
    assert (first.blocks, head(first, "direction")) == (4, head(second, "direction"))


def test_a_model_of_other_features_is_refused(path: Path, data: DataSet) -> None:
    with pytest.raises(UserError, match="made for other features"):
        evaluate(path, replace(data, schema="another"), opens=False)


def test_another_index_leaves_everything_else_as_it_was(path: Path, data: DataSet) -> None:
    before = HeadModel.load(path)
    rows = put_index(path, attempt_set(200, 8, seed=9), replace_(SMALL, neighbours=50))
    after = HeadModel.load(path)
    assert after.index is not None
    assert len(after.index) == rows == 100
    assert (after.card, after.data_set) == (before.card, before.data_set)
    said = [one.predict(data.design[:50], data.stage[:50]).tobytes() for one in (before, after)]
    assert said[0] == said[1]


def test_rows_of_the_same_kind_are_not_told_apart_and_others_are() -> None:
    one, other = attempt_set(400, 8, seed=1), attempt_set(400, 8, seed=2, simulated=False)
    assert told_apart(one, other, SMALL) == pytest.approx(0.5, abs=0.06)
    moved = other.design.copy()
    moved[:, data_column(other, "ofi_z")] += 3.0
    assert told_apart(one, replace(other, design=moved), SMALL) > 0.95


def data_column(data: DataSet, name: str) -> int:
    return data.names.index(name)


def test_options_that_are_usual_are_not_repeated_in_the_command() -> None:
    assert words(TrainOptions()) == ""
    assert words(TrainOptions(trees=50, rate=0.1, ablations=False)) == " --trees 50 --rate 0.1 --no-ablations"
