INSERT INTO seats SELECT g, g, 'Guest ' || g FROM generate_series(1, 6) AS g;
