-- What is kept of settlement beside an embedded ledger, in a file of its own: the ledger's file
-- belongs to the switch, and clearing must never make it wait.

CREATE TABLE clearings (
    day INTEGER PRIMARY KEY, -- YYYYMMDD
    body BLOB NOT NULL
) STRICT;

CREATE TABLE clearing_marks (
    rrn TEXT PRIMARY KEY,
    day INTEGER NOT NULL, -- since when
    state INTEGER NOT NULL -- 1 carried, 2 void, 3 late, 4 returned
) STRICT, WITHOUT ROWID;

CREATE INDEX clearing_marks_carried ON clearing_marks (day) WHERE state = 1;

CREATE TABLE cases (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
