INSERT INTO books SELECT g, 'Book ' || g, repeat(md5(g::text), 300), 'A' FROM generate_series(1, 5) AS g;
