"""The registry's storage: kinds of rows, the file of changes, imports, checks, the snapshot."""
