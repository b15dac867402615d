UPDATE "Sales Dept"."Order ""Lines""" SET "Ünïcode, comma" = 'changed', "a'b" = 3 WHERE "Line No" = 1;
UPDATE "Sales Dept"."Order ""Lines""" SET "select" = 'having' WHERE "Line No" = 2;
INSERT INTO "Sales Dept"."Order ""Lines""" VALUES (3, '$1', ';--', 4);
