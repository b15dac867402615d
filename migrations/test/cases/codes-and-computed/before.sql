ALTER TABLE orders REPLICA IDENTITY FULL;
INSERT INTO orders VALUES (1, 'P', 'Ada', 'Lovelace', 1999, '{"a,b","c\"d"}', '2026-05-01', repeat('x', 9000)), (2, 'X', NULL, 'Hopper', 1, NULL, NULL, NULL), (3, NULL, 'E"d', 'Dijkstra', 0, '{}', NULL, 'y');
