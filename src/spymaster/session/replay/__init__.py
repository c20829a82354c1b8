"""A recording as one travels through it: seeking, stepping, checkpoints, pace. A moment sought is the moment played."""
