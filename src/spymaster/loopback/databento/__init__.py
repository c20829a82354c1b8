"""Databento Live played on this machine: its protocol over recordings. Faults come by script, never by chance."""
