-- Requests that the switch refused and that no transaction tells of, as each of its processes counts
-- them. A process writes its whole count, and no part is ever added.

CREATE TABLE refusals (
    day INTEGER NOT NULL, -- of receipt in Shanghai, YYYYMMDD
    incarnation INTEGER NOT NULL,
    merchant TEXT NOT NULL, -- the service point, empty where it was not known
    issuer TEXT NOT NULL, -- the card's bank, empty where it was not known
    code TEXT NOT NULL, -- DE 39 as it was said
    reason TEXT NOT NULL, -- our name for it
    count INTEGER NOT NULL,
    PRIMARY KEY (day, incarnation, merchant, issuer, code, reason)
) STRICT, WITHOUT ROWID;
