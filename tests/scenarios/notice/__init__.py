"""The notice in its own words, over what a fresh folder says."""
