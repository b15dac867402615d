INSERT INTO events SELECT g, 'old', now() FROM generate_series(1, 1000) AS g;
