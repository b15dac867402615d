UPDATE lines SET quantity = 10 WHERE id = 1;
INSERT INTO lines (id, price, quantity) VALUES (3, 1.25, 4);
UPDATE lines SET id = 20 WHERE id = 2;
