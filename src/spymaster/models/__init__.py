"""Models: their file, and what they say of a level. numpy and kernels; all of learning that a Session imports."""
