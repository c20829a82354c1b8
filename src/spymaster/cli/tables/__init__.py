"""The commands ``export``, ``lake`` and ``levels``. What they write is decided in ``lake`` and ``signals``."""
