"""The bytes inside files: decompressed, read ahead, entered anywhere. They know nothing of records."""
