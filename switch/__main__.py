"""The command `jinbao`: the door of the command line, which lives in switch/cli."""

from __future__ import annotations

from switch.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
