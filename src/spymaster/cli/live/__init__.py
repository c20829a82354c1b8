"""``live``, ``run``, and ``record`` of the market: one session, with a screen or without. The demo is put in here."""
