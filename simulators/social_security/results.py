"""The result file of a pay-out, as the social-security host takes it (simulators).

No message of the dialect tells it: it comes as the pay-out went, as a file. Written apart from the
switch's own.
"""

from __future__ import annotations

from simulators.social_security.books import Books

_FORM = ["H", "JBRESULT1"]
_CELLS = 7
_PENDING = {"pending": "sent", "manual": "sent"}
"""What nobody can say yet was sent to a bank, and is not paid."""


def take_results(books: Books, text: str) -> int:
    """Note what became of each benefit; return how many were known. ValueError for another form."""
    head, *lines = text.splitlines() or [""]
    if head.split(",")[:2] != _FORM:
        raise ValueError("line 1: should be H,JBRESULT1 and its sums")
    known = 0
    for number, line in enumerate(lines, 2):
        cells = line.split(",")
        if len(cells) != _CELLS or cells[0] != "P":
            raise ValueError(f"line {number}: should be P and {_CELLS - 1} values")
        benefit = books.benefits.get(cells[1])
        if benefit is not None:
            benefit.status, benefit.told = _PENDING.get(cells[4], cells[4]), cells[5]
            known += 1
    return known
