UPDATE payments SET method = 'sepa', iban = 'DE9' WHERE id = 1;
UPDATE payments SET method = 'card', card = '4333', id = 20 WHERE id = 2;
UPDATE payments SET id = 30 WHERE id = 3;
INSERT INTO payments VALUES (4, 'sepa', NULL, 'DE4'), (5, 'card', '4555', NULL);
DELETE FROM payments WHERE id IN (4);
