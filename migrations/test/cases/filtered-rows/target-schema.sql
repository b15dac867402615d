CREATE TABLE open_orders (id int PRIMARY KEY, status text, total numeric(10,2), placed date, note text, seen boolean NOT NULL DEFAULT false);
