"""The commands ``simulate`` and ``evaluate``. What they compute is in ``sim`` and ``evaluate``."""
