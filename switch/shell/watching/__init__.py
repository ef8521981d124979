"""What an operator sees of a running switch: log lines, counters, control socket, metrics."""
