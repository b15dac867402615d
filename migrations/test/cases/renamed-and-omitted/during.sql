UPDATE users SET usr_nm = 'Ada L.', password_hash = 'new' WHERE id = 1;
UPDATE users SET id = 20 WHERE id = 2;
INSERT INTO users VALUES (3, 'Edsger', 'x', NULL);
