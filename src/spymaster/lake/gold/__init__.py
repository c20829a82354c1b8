"""What was published, as tables. Rows may be chosen anew here; columns follow from ``signals``."""
