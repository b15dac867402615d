SELECT count(*) = 21 FROM books;
SELECT bool_and(length(full_text) >= 12800) FROM books;
SELECT full_text = repeat('y', 30000) AND title = 'Rewritten' FROM books WHERE id = 1;
