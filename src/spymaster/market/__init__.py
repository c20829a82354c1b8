"""The vocabulary: record kinds, dtypes, batches, instruments, sessions. Numbers of kinds never change."""
