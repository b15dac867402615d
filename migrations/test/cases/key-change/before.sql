INSERT INTO shelves SELECT 'S' || g, 'Shelf ' || g, repeat('c' || g, 3000) FROM generate_series(1, 5) AS g;
