-- Times are wall clock seconds since 1970.

CREATE TABLE node (
    epoch INTEGER NOT NULL              -- how often the switch was started on this file
);
INSERT INTO node VALUES (0);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE bindings (                 -- one device of a user each; see BindingRow
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    contact TEXT NOT NULL,
    display TEXT NOT NULL,
    params TEXT NOT NULL,
    protocol TEXT NOT NULL,
    local_host TEXT NOT NULL,
    local_port INTEGER NOT NULL,
    remote_host TEXT NOT NULL,
    remote_port INTEGER NOT NULL,
    path TEXT NOT NULL,
    call_id TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    q REAL NOT NULL,
    expires_at REAL NOT NULL,
    user_agent TEXT NOT NULL,
    instance TEXT NOT NULL,
    reg_id INTEGER NOT NULL,
    registered_at REAL NOT NULL,
    refreshed_at REAL NOT NULL,
    nat INTEGER NOT NULL
);

-- Ids of calls are random: an index of them would be written to in another place for each call.
-- They are looked for by people only, who do not notice that the table is read for it.

CREATE TABLE calls (                    -- one row for each call that is over; see CallRow
    call_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    callee TEXT NOT NULL,
    answered_by TEXT,
    arrived_at REAL NOT NULL,
    ringing_at REAL,
    answered_at REAL,
    ended_at REAL NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ended_by TEXT NOT NULL,
    because TEXT NOT NULL,
    legs TEXT NOT NULL
);
CREATE INDEX calls_by_time ON calls (arrived_at);

CREATE TABLE traces (                   -- the SIP messages of a call, packed
    call_id TEXT NOT NULL,
    messages BLOB NOT NULL,
    kept_at REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400)
);
CREATE INDEX traces_by_time ON traces (kept_at);
