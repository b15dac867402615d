UPDATE articles SET title = 'changed' WHERE id = 1;
UPDATE articles SET id = 40 WHERE id = 4;
DELETE FROM articles WHERE id = 2;
