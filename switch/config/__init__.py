"""Configuration files to the core's frozen snapshot; the only home of pydantic in `switch`."""
