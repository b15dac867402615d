UPDATE customers SET name = 'Ada L.' WHERE id = 1;
UPDATE suppliers SET id = 20 WHERE id = 2;
DELETE FROM suppliers WHERE id = 1;
INSERT INTO suppliers VALUES (3, 'Globex');
BEGIN;
TRUNCATE customers;
INSERT INTO customers VALUES (5, 'Edsger');
COMMIT;
