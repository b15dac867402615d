INSERT INTO payments VALUES (1, 'card', '4111', NULL), (2, 'sepa', NULL, 'DE1'), (3, 'card', '4222', NULL);
