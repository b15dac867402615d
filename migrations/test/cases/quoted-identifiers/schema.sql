CREATE SCHEMA "Sales Dept";
CREATE TABLE "Sales Dept"."Order ""Lines""" ("Line No" int, "select" text, "Ünïcode, comma" text, "a'b" int, PRIMARY KEY ("Line No", "select"));
