-- Batches that terminals settled (0500). The transactions of one are found by how their requests
-- begin: terminal, merchant and batch.

CREATE TABLE batches (
    terminal text NOT NULL,
    number text NOT NULL,
    day integer NOT NULL, -- the clearing day of its settlement, YYYYMMDD
    body bytea NOT NULL,
    PRIMARY KEY (terminal, number)
);

CREATE INDEX batches_by_day ON batches (day);
CREATE INDEX transactions_by_request ON transactions (request);
