CREATE TABLE shelves (code text PRIMARY KEY, label text, contents text);
ALTER TABLE shelves ALTER COLUMN contents SET STORAGE EXTERNAL;
