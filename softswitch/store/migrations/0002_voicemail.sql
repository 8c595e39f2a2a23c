-- Sound is in files of the state folder; these tables say what the files are.

CREATE TABLE messages (                 -- see MessageRow
    id TEXT PRIMARY KEY,
    mailbox TEXT NOT NULL,
    caller TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    called TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL NOT NULL,
    seconds REAL NOT NULL,
    state TEXT NOT NULL,
    deleted_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE mailboxes (                -- what owners have decided; see MailboxRow
    mailbox TEXT PRIMARY KEY,
    pin TEXT NOT NULL,
    pin_length INTEGER NOT NULL,
    pin_instead TEXT NOT NULL,
    failures TEXT NOT NULL,
    locked_until REAL NOT NULL,
    greetings TEXT NOT NULL
) WITHOUT ROWID;
