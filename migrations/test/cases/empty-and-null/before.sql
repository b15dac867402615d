INSERT INTO notes VALUES (1, '', '{}', NULL), (2, NULL, NULL, 0), (3, 'NULL', '{NULL}', 1), (4, '\N', '{"NULL"}', 2), (5, ' ', '{""}', 3);
