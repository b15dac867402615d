INSERT INTO shelves VALUES (1, 'a=>1, "b c"=>NULL, "q\"t"=>"x, y"', 'Fiction', 'hall.north.3', '978-0-306-40615-7', '(1, 2.5), (3, 4)', '1.5 .. 2.50', '{3,1,2}', 'one');
INSERT INTO shelves (id, mark) VALUES (2, 'all of it NULL');
INSERT INTO shelves VALUES (3, '', '', '', NULL, '(0)', '~ 7', '{}', 'empty');
INSERT INTO readers VALUES ('Ada@Example.org', 1);
