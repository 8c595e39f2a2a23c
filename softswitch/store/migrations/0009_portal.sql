-- Who may log in to the portal.

CREATE TABLE portal (                   -- see PortalRow
    user TEXT PRIMARY KEY,
    password TEXT NOT NULL,
    link TEXT NOT NULL,
    link_until REAL NOT NULL,
    changed_at REAL NOT NULL
) WITHOUT ROWID;
