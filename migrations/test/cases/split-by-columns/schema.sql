CREATE TABLE books (id int PRIMARY KEY, title text, full_text text, shelf text);
ALTER TABLE books ALTER COLUMN full_text SET STORAGE EXTERNAL;
