"""What a load run measures: histograms, seconds, health, and the result (simulators/load)."""
