"""The journal: what arrived, appended to a file before anything is computed from it."""
