"""The snapshot fixture, for all tests of widgets."""

from tests.support.snapshots import snap

__all__ = ["snap"]
