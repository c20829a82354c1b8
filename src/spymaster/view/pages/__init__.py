"""Pages over the cockpit as rows of cells: health, settings, what the machine lacks, the words of the screen."""
