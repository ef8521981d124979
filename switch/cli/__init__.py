"""The command line: a package per group of verbs; it composes everything, and decides nothing."""
