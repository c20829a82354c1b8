"""Option flow as it is published: its message and the columns of its export. A change of layout raises its version."""
