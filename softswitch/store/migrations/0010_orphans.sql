-- Whose users are in no configuration any more, and since when nobody has seen them in one.

CREATE TABLE orphans (                  -- see OrphanRow
    user TEXT PRIMARY KEY,
    since REAL NOT NULL
) WITHOUT ROWID;
