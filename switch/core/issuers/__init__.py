"""The issuers' side of the core: links, what is pending on them, queued reversals."""
