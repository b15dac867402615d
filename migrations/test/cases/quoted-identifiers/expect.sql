SELECT count(*) = 3 FROM "Sales Dept"."Order ""Lines""";
