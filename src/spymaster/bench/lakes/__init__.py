"""Lakes measured: what writing them costs, and asking them over days. Everything is made of the records at hand."""
