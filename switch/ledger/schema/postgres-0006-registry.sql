-- The registry: every change for ever. The rows of the registry are what all of them lead to.
-- No change is altered, and none is left out: a number comes once, after the one before it.

CREATE TABLE registry_changes (
    number bigint PRIMARY KEY,
    made_at text NOT NULL, -- as it was said, with the offset of Shanghai
    made_by text NOT NULL,
    reason text NOT NULL,
    body text NOT NULL, -- JSON: the rows that were set and the keys that went, by kind
    digest bytea NOT NULL -- SHA-256 over the digest before and this change
);

CREATE FUNCTION registry_changes_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM registry_changes) THEN
        RAISE EXCEPTION 'a change of the registry has the number after the last';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER registry_changes_in_order BEFORE INSERT ON registry_changes
FOR EACH ROW EXECUTE FUNCTION registry_changes_in_order();

CREATE FUNCTION registry_changes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a change of the registry is kept for ever, as it was made'; END $$;

CREATE TRIGGER registry_changes_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_changes
FOR EACH STATEMENT EXECUTE FUNCTION registry_changes_stay();
