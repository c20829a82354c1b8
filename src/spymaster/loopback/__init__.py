"""Vendors played on this machine: their protocols, served from recordings, with faults on demand."""
