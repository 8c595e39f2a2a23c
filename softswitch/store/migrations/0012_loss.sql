-- How much of a message was lost on the way; NULL: nobody knows, as of all that are older.

ALTER TABLE messages ADD COLUMN loss REAL;
