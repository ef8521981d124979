"""What goes wrong in a world (simulators/world): kinds of faults, profiles, what a seed draws."""
