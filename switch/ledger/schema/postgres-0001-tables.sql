-- The tables of the ledger on PostgreSQL. Every key of a card begins with its bucket (0-1023), so
-- that a batch touches few shards and the tables can be cut by bucket. A body is a row in msgpack,
-- as in the embedded ledger; the columns beside it are what look-ups, checks and people ask for.

CREATE TABLE transactions (
    bucket smallint NOT NULL,
    card bytea NOT NULL, -- keyed hash
    request bytea NOT NULL, -- terminal, merchant, batch, STAN and date, in msgpack
    terminal text NOT NULL,
    rrn text NOT NULL,
    opened_ms bigint NOT NULL, -- UTC
    attempt bigint NOT NULL,
    incarnation bigint NOT NULL,
    state smallint NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    cap_day integer, -- YYYYMMDD, NULL where it counts to no cap
    tries integer, -- these three: how its 0420 stands, NULL where none is queued
    due_ms bigint,
    owner bigint,
    body bytea NOT NULL,
    PRIMARY KEY (bucket, card, request)
);

CREATE INDEX transactions_by_time ON transactions (opened_ms);
CREATE INDEX transactions_by_rrn ON transactions (rrn);
CREATE INDEX transactions_open ON transactions (incarnation, attempt) WHERE state = 3;
CREATE INDEX transactions_due ON transactions (due_ms) WHERE due_ms IS NOT NULL;

CREATE TABLE caps (
    bucket smallint NOT NULL,
    card bytea NOT NULL,
    day integer NOT NULL,
    held_fen bigint NOT NULL CHECK (held_fen >= 0),
    committed_fen bigint NOT NULL CHECK (committed_fen >= 0),
    PRIMARY KEY (bucket, card, day)
);

CREATE TABLE sessions (
    terminal text PRIMARY KEY,
    body bytea NOT NULL
);

CREATE TABLE blocks (
    name text PRIMARY KEY,
    free bigint NOT NULL,
    attempt bigint NOT NULL,
    first bigint NOT NULL
);

CREATE TABLE leases (
    incarnation bigint PRIMARY KEY,
    nonce bytea NOT NULL,
    until_ms bigint NOT NULL -- UTC; -1 once it was taken over
);

CREATE INDEX leases_by_nonce ON leases (nonce);
CREATE INDEX leases_alive ON leases (incarnation) WHERE until_ms <> -1;

CREATE TABLE fences (
    attempt bigint PRIMARY KEY,
    said_by bigint NOT NULL
);
