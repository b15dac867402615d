UPDATE books SET title = title || ', second edition' WHERE id <= 10;
INSERT INTO books VALUES (30, 'New', repeat('x', 20000));
BEGIN;
UPDATE books SET title = 'New, corrected' WHERE id = 30;
UPDATE books SET full_text = repeat('y', 30000) WHERE id = 1;
UPDATE books SET title = 'Rewritten' WHERE id = 1;
COMMIT;
