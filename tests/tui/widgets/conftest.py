"""The snapshot fixtures, for all tests of widgets."""

from tests.support.snapshots import plain_colours, snap, snap_panels

__all__ = ["plain_colours", "snap", "snap_panels"]
