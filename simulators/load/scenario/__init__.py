"""What a load run is asked to do: the scenario as data (simulators/load)."""
