"""Where the registry of an installation is kept (switch/cli), and what reads it there.

Every verb that loads a folder gives this to what loads it.
"""

from __future__ import annotations

from switch.config.registry.changes import Changes, Place, path_in


def kept(place: Place) -> Changes | None:
    """Return what is kept, None where there is no registry; ConfigurationError for a wrong one."""
    path = path_in(place.folder)
    if not path.exists():
        return None
    changes = Changes(path)
    return changes if changes.number else None
