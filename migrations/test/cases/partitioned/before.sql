INSERT INTO readings SELECT g, DATE '2025-12-20' + g, g FROM generate_series(1, 20) AS g;
