-- What users have set themselves, instead of what the configuration says; and what they had set.

CREATE TABLE settings (                 -- see SettingRow
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    instead TEXT NOT NULL,
    source TEXT NOT NULL,
    changed_at REAL NOT NULL,
    ended_at REAL NOT NULL,
    ended_by TEXT NOT NULL
) WITHOUT ROWID;
