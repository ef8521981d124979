"""A switch under load is killed again and again, and nothing may be lost or doubled."""
