"""Other programs measured in turn with this one: another checkout of it, and peers. Nothing here measures ourselves."""
