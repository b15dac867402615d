INSERT INTO books SELECT g, 'Book ' || g, repeat(md5(g::text), 400) FROM generate_series(1, 20) AS g;
