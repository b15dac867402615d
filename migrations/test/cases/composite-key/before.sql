INSERT INTO stock VALUES ('a', 1, 10), ('a', 11, 20), ('a1', 1, 30), ('b,c', 1, 40);
