"""The running switch: core, steps, ledger, shell and the command line."""
