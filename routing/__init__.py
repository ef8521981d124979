"""Where a transaction goes: routes, links and their health."""
