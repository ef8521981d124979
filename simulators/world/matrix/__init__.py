"""Stages of worlds (simulators/world): a drawn matrix, its reloads, and what was asked under it."""
