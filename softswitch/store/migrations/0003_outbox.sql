-- Mails about messages: those that are still to be sent, and those that are done.

CREATE TABLE outbox (                   -- see OutboxRow
    message_id TEXT PRIMARY KEY,
    mailbox TEXT NOT NULL,
    since REAL NOT NULL,
    attempts INTEGER NOT NULL,
    next_at REAL NOT NULL,
    served TEXT NOT NULL,
    state TEXT NOT NULL,
    error TEXT NOT NULL
) WITHOUT ROWID;
