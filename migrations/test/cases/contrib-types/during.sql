INSERT INTO shelves SELECT 4, hstore('long', repeat(md5('x'), 4000)), repeat('Ä', 9000)::citext, 'top', '978-3-16-148410-0', '(-1e300, 1e-300)', '< 3', ARRAY[7, NULL], 'long';
UPDATE shelves SET mark = 'the long ones do not change' WHERE id = 4;
UPDATE shelves SET labels = labels || 'd=>4', place = place || 'shelf', name = 'FICTION' WHERE id = 1;
UPDATE shelves SET labels = NULL WHERE id = 3;
UPDATE readers SET visits = 2 WHERE mail = 'ada@example.org';
UPDATE readers SET mail = 'ADA@example.org' WHERE mail = 'Ada@Example.org';
DELETE FROM shelves WHERE id = 2;
