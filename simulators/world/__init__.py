"""The seeded world (simulators): the real engine among actors on a virtual clock, with faults."""
