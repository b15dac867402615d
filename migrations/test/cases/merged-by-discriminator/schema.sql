CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE suppliers (id int PRIMARY KEY, name text);
