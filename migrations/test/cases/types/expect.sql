SELECT count(*) = 4 FROM everything;
SELECT length(td) = 15000 AND vc = 'updated' FROM everything WHERE id = 1;
SELECT td = E'emoji 😀 \\N \t tab\nnew line \\ {"}' FROM everything WHERE id = 4;
