"""What all tests share: which are run, and that property tests draw the same examples each time on a build machine."""

from __future__ import annotations

import os
import signal

import pytest

if os.environ.get("CI"):
    # here and not above: rooms without property tests do not wait for it elsewhere
    from hypothesis import settings

    settings.register_profile("build", derandomize=True, deadline=None)
    settings.load_profile("build")


@pytest.fixture(scope="session")
def warm() -> None:
    """The kernels are compiled and marked so: a run without a screen compiles nothing, and says nothing of it."""
    from spymaster.session.warmup import compile_all, is_warm

    if not is_warm():
        compile_all()


def pytest_configure(config: pytest.Config) -> None:
    """Hear INT and HUP as a program in front of a user does; leave slow tests out where a developer waits, unless
    ``-m`` or the name of a file or of a test asks for them.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # as a shell leaves it for what it runs in the background: here and in each process that a test starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # as nohup leaves it
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    named = any(".py" in argument for argument in config.args)
    if not (os.environ.get("CI") or config.option.markexpr or named):
        config.option.markexpr = "not slow"
