INSERT INTO lines (id, price, quantity) VALUES (1, 9.99, 3), (2, 5, 2);
