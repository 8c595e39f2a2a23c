-- Messages that were sent on, and mails that are about something else than a message.

ALTER TABLE messages ADD COLUMN forwarded_by TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN introduction INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN diverted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN codec TEXT NOT NULL DEFAULT '';

ALTER TABLE outbox ADD COLUMN notice TEXT NOT NULL DEFAULT '';   -- JSON; empty: about a message
