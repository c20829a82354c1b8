"""One account of many runs. The same Bronze must give the same bytes, whatever is changed here."""
