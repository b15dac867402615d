CREATE TABLE books (id bigint PRIMARY KEY, title text NOT NULL, full_text text);
ALTER TABLE books ALTER COLUMN full_text SET STORAGE EXTERNAL;
