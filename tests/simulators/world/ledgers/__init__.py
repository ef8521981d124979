"""The ledgers of a world: what survives a death, and what a power cut takes."""
