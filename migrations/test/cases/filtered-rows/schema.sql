CREATE TABLE orders (id int PRIMARY KEY, status text, total numeric(10,2), placed date, note text);
ALTER TABLE orders REPLICA IDENTITY FULL;
ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;
