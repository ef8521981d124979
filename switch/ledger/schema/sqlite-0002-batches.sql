-- Batches that terminals settled (0500). The transactions of one are found by their own columns.

CREATE TABLE batches (
    terminal TEXT NOT NULL,
    number TEXT NOT NULL,
    day INTEGER NOT NULL, -- the clearing day of its settlement, YYYYMMDD
    body BLOB NOT NULL,
    PRIMARY KEY (terminal, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_by_day ON batches (day);
