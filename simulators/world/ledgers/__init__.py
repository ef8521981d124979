"""The ledgers of a world (simulators/world): in memory, or SQLite on a disk whose power fails."""
