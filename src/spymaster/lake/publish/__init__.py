"""Gold and Silver as tables of an Iceberg catalog. Nothing here changes a file of the lake."""
