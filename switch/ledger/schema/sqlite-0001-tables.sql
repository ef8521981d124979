-- The tables of the embedded ledger. They follow its log: everything up to progress.filled_through
-- is here. A body is a row in msgpack; the columns beside it are what people and look-ups ask for.

CREATE TABLE transactions (
    number INTEGER PRIMARY KEY, -- in the order of opening, so that new rows go to the end
    terminal TEXT NOT NULL,
    batch TEXT NOT NULL,
    stan TEXT NOT NULL,
    rrn TEXT NOT NULL,
    state INTEGER NOT NULL,
    day INTEGER NOT NULL, -- of receipt in Shanghai, YYYYMMDD
    amount_fen INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX transactions_by_request ON transactions (terminal, batch, stan);
CREATE INDEX transactions_by_rrn ON transactions (rrn);
CREATE INDEX transactions_by_day ON transactions (day);
CREATE INDEX transactions_open ON transactions (number) WHERE state = 3;

CREATE TABLE advices (
    number INTEGER PRIMARY KEY, -- of the transaction that is being reversed
    tries INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    owner INTEGER NOT NULL
) STRICT;

CREATE TABLE caps (
    card BLOB NOT NULL,
    day INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    held_fen INTEGER NOT NULL CHECK (held_fen >= 0),
    committed_fen INTEGER NOT NULL CHECK (committed_fen >= 0),
    PRIMARY KEY (card, day, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    terminal TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    name TEXT PRIMARY KEY,
    free INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    first INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    incarnation INTEGER PRIMARY KEY,
    nonce BLOB NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE fences (
    attempt INTEGER PRIMARY KEY,
    said_by INTEGER NOT NULL
) STRICT;

CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    filled_through INTEGER NOT NULL
) STRICT;

INSERT INTO progress VALUES (1, 0);
