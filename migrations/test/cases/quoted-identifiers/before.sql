INSERT INTO "Sales Dept"."Order ""Lines""" VALUES (1, 'from', 'ä', 1), (2, 'where', NULL, 2);
