INSERT INTO articles SELECT g, 'Title ' || g, repeat('t' || g, 4000) FROM generate_series(1, 4) AS g;
