SELECT (SELECT body IS NULL FROM notes WHERE id = 1) AND (SELECT body = '' FROM notes WHERE id = 2) AND (SELECT amount IS NULL FROM notes WHERE id = 6);
SELECT body = '\N' AND tags = ARRAY['NULL'] FROM notes WHERE id = 4;
