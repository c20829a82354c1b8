"""What is published: Structs, columns, encoders, the hash. Columns are added, never renamed."""
