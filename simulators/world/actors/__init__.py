"""Who acts in a world (simulators/world): terminals in their booths, banks, what is traded."""
