"""Social services: the host that carries them out, and payments whose bill is a second leg."""
