UPDATE orders SET st = 'D', cents = 2000 WHERE id = 1;
UPDATE orders SET id = 30, first = 'Edsger \ {W}' WHERE id = 3;
ALTER TABLE orders REPLICA IDENTITY FULL;
INSERT INTO orders VALUES (4, 'D', 'Barbara', 'Liskov', 5, NULL, NULL, 'z');
DELETE FROM orders WHERE id = 2;
