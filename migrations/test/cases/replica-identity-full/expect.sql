SELECT body = repeat('t4', 4000) FROM articles WHERE id = 40;
SELECT body = repeat('t1', 4000) AND title = 'changed' FROM articles WHERE id = 1;
