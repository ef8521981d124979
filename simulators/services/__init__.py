"""Hosts of services (simulators): what they have in common, whatever they sell or collect."""
