"""The edge of the process: loop, sockets, files, clocks, chance, log lines; it decides nothing."""
