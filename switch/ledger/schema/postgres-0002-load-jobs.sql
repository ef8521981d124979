-- Shares of load runs (`jinbao load run --jobs`, `jinbao load worker`): who drives which, until when
-- its lease holds, and what it found. Times are the server's, so that machines need not agree.

CREATE TABLE load_jobs (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    body bytea NOT NULL, -- JSON
    state smallint NOT NULL DEFAULT 0, -- 0 waiting, 1 taken, 2 ready, 3 done, 4 failed
    worker text NOT NULL DEFAULT '',
    until_ms bigint NOT NULL DEFAULT 0,
    start_ms bigint NOT NULL DEFAULT 0, -- 0 while nobody knows
    progress bytea NOT NULL DEFAULT '',
    result bytea NOT NULL DEFAULT ''
);

CREATE INDEX load_jobs_by_run ON load_jobs (run);
CREATE INDEX load_jobs_waiting ON load_jobs (number) WHERE state = 0;

CREATE FUNCTION load_now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint';
