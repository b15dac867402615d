CREATE TABLE stock (warehouse text, product_id bigint, quantity int NOT NULL, PRIMARY KEY (warehouse, product_id));
