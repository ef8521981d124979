-- What is kept of settlement: clearings that were made, transactions that are exceptions, cases.

CREATE TABLE clearings (
    day integer PRIMARY KEY, -- YYYYMMDD
    body bytea NOT NULL
);

CREATE TABLE clearing_marks (
    rrn text PRIMARY KEY,
    day integer NOT NULL, -- since when
    state smallint NOT NULL -- 1 carried, 2 void, 3 late, 4 returned
);

CREATE INDEX clearing_marks_carried ON clearing_marks (day) WHERE state = 1;

-- Clearing looks for what was reversed since it was cleared: seldom, and over months.
CREATE INDEX transactions_reversed ON transactions (opened_ms) WHERE state = 11;

CREATE TABLE cases (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    version bigint NOT NULL,
    is_open boolean NOT NULL,
    body bytea NOT NULL
);
