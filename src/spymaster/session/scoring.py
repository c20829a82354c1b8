"""Which model a session may show: ``[scoring]``, and where its records come from."""

from __future__ import annotations

import logging

from spymaster.models.break_model import BreakModel, shipped_model
from spymaster.models.errors import ModelError


def model_to_show(*, simulated: bool, show: bool) -> BreakModel | None:
    """The shipped model on simulated sources, and on others where ``[scoring] show`` asks for it.

    One that cannot be used is left out: a session needs none. Why is in the log.
    """
    if not (simulated or show):
        return None
    try:
        return shipped_model()
    except ModelError as error:
        logging.getLogger("spymaster").warning("no model: %s", error)
        return None
