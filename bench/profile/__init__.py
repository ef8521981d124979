"""Where the switch's time goes (bench): sampled stacks, their parts, and a flame graph."""
