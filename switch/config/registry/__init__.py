"""The registry's rows: kinds, changes and histories, imports, checks, the snapshot."""
