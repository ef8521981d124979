"""A switch that is killed under load, again and again."""
