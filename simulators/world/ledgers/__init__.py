"""The ledgers of a world (simulators/world): in memory, SQLite on a failing disk, PostgreSQL."""
