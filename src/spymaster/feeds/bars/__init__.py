"""Minute bars from outside: CSV, Parquet and DBN files. A new form is a module that makes ``BarColumns``."""
