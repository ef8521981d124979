"""What a load run does on real sockets: arrivals, terminals, lines, faults (simulators/load)."""
