-- When the owner of a mailbox chose the PIN.

ALTER TABLE mailboxes ADD COLUMN pin_at REAL NOT NULL DEFAULT 0;
