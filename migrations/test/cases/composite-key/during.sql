UPDATE stock SET quantity = quantity + 1;
DELETE FROM stock WHERE warehouse = 'a' AND product_id = 11;
UPDATE stock SET warehouse = 'a', product_id = 11 WHERE warehouse = 'a1';
INSERT INTO stock VALUES ('{"x"}', 1, 5), ('NULL', 2, 6), ('', 3, 7);
UPDATE stock SET quantity = 0 WHERE warehouse IN ('{"x"}', 'NULL', '');
