"""Models: their file, and what they say of a level. numpy alone; the only room of learning that a Session imports."""
