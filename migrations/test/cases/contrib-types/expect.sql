SELECT labels->'long' = repeat(md5('x'), 4000) AND name = repeat('Ä', 9000) FROM shelves WHERE id = 4;
SELECT name::text = 'FICTION' AND place = 'hall.north.3.shelf' AND labels->'d' = '4' AND (labels->'b c') IS NULL AND span::text = '1.5 .. 2.50' FROM shelves WHERE id = 1;
SELECT count(*) = 1 AND min(mail::text) = 'ADA@example.org' AND min(visits) = 2 FROM readers;
