#!/usr/bin/env bash
# Expected: trees ask only whether a number is above another, so the unit of a column changes nothing; and a row goes left
# where its value is not above the threshold in the model's text, as the rule `value <= threshold` says. Instead LightGBM
# takes every number of up to 1e-35 either way for zero, in training and in predict: a column in small units (variance per
# nanosecond, say) teaches nothing and raises nothing, and a value equal to a threshold at that bound goes right, not left.
# Whoever serves its trees from the text alone differs from predict there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check lightgbm==4.7.0 numpy scipy
"$work/venv/bin/python" - <<'PY'
import lightgbm
import numpy as np

OPTIONS = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 4}
dice = np.random.default_rng(1)
column = dice.normal(size=(2000, 1))
came = (column[:, 0] > 0.5).astype(float)

print("lightgbm", lightgbm.__version__)
spread = {}
for unit in (1.0, 1e-30, 1e-36):
    booster = lightgbm.train(OPTIONS, lightgbm.Dataset(column * unit, came), 20)
    told = booster.predict(column * unit)
    spread[unit] = told.max() - told.min()
    print(f"the same column times {unit:g}: chances from {told.min():.3f} to {told.max():.3f}")
assert spread[1.0] > 0.8 and spread[1e-30] > 0.8
assert spread[1e-36] == 0.0

sign = np.repeat([-1.0, 0.0], 500)[:, np.newaxis]
booster = lightgbm.train(OPTIONS, lightgbm.Dataset(sign, sign[:, 0] + 1.0), 5)
words = dict(line.split("=", 1) for line in booster.model_to_string().splitlines() if "=" in line)
threshold = float(words["threshold"].split()[0])
at, below, above = booster.predict(np.array([[threshold], [-1.0], [0.0]]))
print(f"threshold {threshold!r}; -1.0: {below:.3f}, 0.0: {above:.3f}, the threshold itself: {at:.3f}")
assert at == above != below
PY
