-- Recorded calls: what is in the files of the folder `recordings`.

CREATE TABLE recordings (               -- see RecordingRow
    id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    callee TEXT NOT NULL,
    began_at REAL NOT NULL,
    seconds REAL NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    problem TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX recordings_by_time ON recordings (began_at);
