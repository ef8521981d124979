-- The registry: every change for ever. The rows of the registry are what all of them lead to.
-- No change is altered, and none is left out: a number comes once, after the one before it.

CREATE TABLE registry_changes (
    number INTEGER PRIMARY KEY,
    made_at TEXT NOT NULL, -- as it was said, with the offset of Shanghai
    made_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON: the rows that were set and the keys that went, by kind
    digest BLOB NOT NULL -- SHA-256 over the digest before and this change
) STRICT;

CREATE TRIGGER registry_changes_in_order BEFORE INSERT ON registry_changes
WHEN NEW.number <> (SELECT ifnull(max(number), 0) + 1 FROM registry_changes)
BEGIN SELECT RAISE(ABORT, 'a change of the registry has the number after the last'); END;

CREATE TRIGGER registry_changes_stay BEFORE UPDATE ON registry_changes
BEGIN SELECT RAISE(ABORT, 'a change of the registry stays as it was made'); END;

CREATE TRIGGER registry_changes_are_kept BEFORE DELETE ON registry_changes
BEGIN SELECT RAISE(ABORT, 'a change of the registry is kept for ever'); END;
