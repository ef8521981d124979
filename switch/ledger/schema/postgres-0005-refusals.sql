-- Requests that the switch refused and that no transaction tells of, as each of its processes counts
-- them. A process writes its whole count, and no part is ever added.

CREATE TABLE refusals (
    day integer NOT NULL, -- of receipt in Shanghai, YYYYMMDD
    incarnation bigint NOT NULL,
    merchant text NOT NULL, -- the service point, empty where it was not known
    issuer text NOT NULL, -- the card's bank, empty where it was not known
    code text NOT NULL, -- DE 39 as it was said
    reason text NOT NULL, -- our name for it
    count bigint NOT NULL,
    PRIMARY KEY (day, incarnation, merchant, issuer, code, reason)
);
