"""A model with several heads: learnt, measured and written down. Training needs the extra ``learn``."""
