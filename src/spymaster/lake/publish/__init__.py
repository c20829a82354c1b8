"""Gold, Silver and Bronze as tables of an Iceberg catalog. Nothing here changes a file of the lake."""
