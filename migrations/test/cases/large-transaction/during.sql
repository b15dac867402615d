BEGIN;
INSERT INTO events SELECT g, 'new', now() FROM generate_series(10001, 50000) AS g;
UPDATE events SET kind = 'touched' WHERE id % 3 = 0;
DELETE FROM events WHERE id % 5 = 0;
COMMIT;
