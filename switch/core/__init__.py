"""The deciding core: `(event, moment) -> effects`, with no clock, chance, I/O or logging."""
