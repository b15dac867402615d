INSERT INTO parcels VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO parcels (id) VALUES (5);
UPDATE parcels SET note = NULL, weight = NULL, pieces = NULL, fragile = NULL, sent = NULL, labels = NULL, token = NULL, day = NULL, scan = NULL WHERE id = 1;
UPDATE parcels SET pieces = NULL WHERE id = 2;
UPDATE parcels SET pieces = 2 WHERE id = 3;
