UPDATE books SET title = 'Second edition' WHERE id = 1;
UPDATE books SET id = 20 WHERE id = 2;
DELETE FROM books WHERE id = 3;
INSERT INTO books VALUES (6, 'New', 'short', 'B');
