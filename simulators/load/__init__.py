"""Load (simulators/load): a fleet of terminals or a network against a host, honestly measured."""
