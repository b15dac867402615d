UPDATE readings SET value = value + 0.5 WHERE sensor <= 3;
UPDATE readings SET at = '2026-06-01' WHERE sensor = 1;
DELETE FROM readings WHERE sensor = 20;
INSERT INTO readings VALUES (99, '2025-05-05', 1);
