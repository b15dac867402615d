CREATE TABLE lines (id int PRIMARY KEY, price numeric(10,2) NOT NULL, quantity int NOT NULL, total numeric GENERATED ALWAYS AS (price * quantity) STORED);
