UPDATE notes SET body = NULL WHERE id = 1;
UPDATE notes SET body = '' WHERE id = 2;
INSERT INTO notes VALUES (6, '\\', '{"\\"}', NULL), (7, E'\t\n', NULL, NULL);
