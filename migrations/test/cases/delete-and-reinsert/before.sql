INSERT INTO members SELECT g, 'm' || g || '@example.org', repeat('b', 5000) FROM generate_series(1, 5) AS g;
