-- What somebody has chosen for a calendar instead of its hours.

CREATE TABLE calendars (                -- see CalendarRow
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL,                -- empty: its hours count again
    until REAL NOT NULL,                -- 0: until somebody chooses something else
    source TEXT NOT NULL,
    changed_at REAL NOT NULL
) WITHOUT ROWID;
