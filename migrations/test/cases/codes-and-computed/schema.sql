CREATE TABLE orders (id int PRIMARY KEY, st char(1), first text, last text, cents int, tags text[], made date, story text);
ALTER TABLE orders ALTER COLUMN story SET STORAGE EXTERNAL;
