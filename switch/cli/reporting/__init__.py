"""Reports to the central bank on the command line (switch/cli)."""
