"""A small transformer over patches of sequences (Nie et al., PatchTST, 2023), in torch; imported where it is made."""

from __future__ import annotations

import importlib.util
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

PATCH: Final = 4
STRIDE: Final = 2
WIDTH: Final = 32
HEADS: Final = 4
LAYERS: Final = 2
_BATCH: Final = 256
_RATE: Final = 3e-4
_SEED: Final = 20_261_130
REMEDY: Final = (
    "install the extra: pip install 'spymaster-tui[sequence]'; 200 MB with --extra-index-url "
    "https://download.pytorch.org/whl/cpu, 900 MB and more with GPU libraries without it"
)


def has_torch() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("torch") is not None


def train_transformer(
    learnt: tuple[Singles, Singles, Floats], held: tuple[Singles, Singles, Floats], epochs: int
) -> Any:
    """The module after the epoch with the least loss on ``held``. Sequences, static columns and what came, of each.

    Raises UserError without torch.
    """
    if not has_torch():
        raise UserError("torch", "is not installed, and trains the transformer", REMEDY, code=ExitCode.USAGE)
    import torch

    torch.manual_seed(_SEED)
    torch.set_num_threads(1)
    module = _module(learnt[0].shape[1:], learnt[1].shape[1])
    optimiser = torch.optim.AdamW(module.parameters(), lr=_RATE, weight_decay=1e-2)
    loss_of = torch.nn.BCEWithLogitsLoss()
    told, static, came = (torch.from_numpy(np.asarray(one, np.float32)) for one in learnt)
    best, least = None, float("inf")
    for _ in range(epochs):
        module.train()
        order = torch.randperm(len(came))
        for begin in range(0, len(order), _BATCH):
            rows = order[begin : begin + _BATCH]
            optimiser.zero_grad()
            loss_of(module(told[rows], static[rows]), came[rows]).backward()
            optimiser.step()
        loss = _loss(transformer_chances(module, held[0], held[1]), held[2])
        if loss < least:
            best, least = {name: value.clone() for name, value in module.state_dict().items()}, loss
    if best is not None:
        module.load_state_dict(best)
    return module


def transformer_chances(module: Any, told: Singles, static: Singles) -> Floats:
    """Of rows, in batches of one size: a row in a batch of another size differs in its last bits."""
    import torch

    module.eval()
    chances = []
    with torch.no_grad():
        for begin in range(0, len(told), _BATCH):
            parts = [np.asarray(one[begin : begin + _BATCH], np.float32) for one in (told, static)]
            missing = _BATCH - len(parts[0])
            padded = [np.concatenate([one, np.zeros((missing, *one.shape[1:]), np.float32)]) for one in parts]
            odds = module(*(torch.from_numpy(one) for one in padded))
            chances.append(torch.sigmoid(odds).numpy()[: len(parts[0])])
    return np.concatenate(chances).astype(np.float64) if chances else np.zeros(0)


def _module(shape: tuple[int, ...], statics: int) -> Any:
    """Each channel by itself: patches, their places, two layers; then the mean of all, beside the static columns."""
    import torch
    from torch import nn

    patches = max((shape[1] - PATCH) // STRIDE + 1, 1)
    reach = min(PATCH, shape[1])

    class PatchTransformer(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(reach, WIDTH)
            self.place = nn.Parameter(torch.zeros(1, patches, WIDTH))
            layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 2 * WIDTH, dropout=0.1, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, LAYERS)
            self.beside = nn.Linear(statics, WIDTH)
            self.head = nn.Sequential(nn.ReLU(), nn.Linear(WIDTH * (shape[0] + 1), 1))

        def forward(self, told: Any, static: Any) -> Any:
            count, channels, _ = told.shape
            cut = told.unfold(2, reach, STRIDE).reshape(count * channels, -1, reach)
            encoded = self.encoder(self.embed(cut) + self.place).mean(dim=1).reshape(count, channels * WIDTH)
            return self.head(torch.cat([encoded, self.beside(static)], dim=1))[:, 0]

    return PatchTransformer()


def _loss(chances: Floats, came: Floats) -> float:
    sure = np.clip(chances, 1e-6, 1.0 - 1e-6)
    return float(-(came * np.log(sure) + (1.0 - came) * np.log1p(-sure)).mean())
