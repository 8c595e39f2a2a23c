-- The way of a call that was sent on.

ALTER TABLE calls ADD COLUMN path TEXT NOT NULL DEFAULT '';
