INSERT INTO everything VALUES (3, 'NaN', '-1', 'infinity', '-infinity', '-infinity', '00:00:00', '00:00:00-15:59', '-1 mons +2 days -00:00:00.000001', 'null', 'null', '{}', '{}', '{}', '{}', 'sad', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\x', '::1', '::/0', 'ff:ff:ff:ff:ff:ff', 'empty', 'empty', '{}', '-Infinity', 'NaN', '-9223372036854775808', 'f', '000', '', '<e/>', '(0,0)', '((0,0))', '', '1', '(,)', '', '', '', '0/0', '');
INSERT INTO everything (id, tz, ts, n, f4, f8, td) VALUES (4, '4713-01-01 00:00:00+00 BC', '294276-12-31 23:59:59.999999', 'Infinity', 0.1, 0.1, E'emoji 😀 \\N \t tab\nnew line \\ {"}');
UPDATE everything SET vc = 'updated' WHERE id = 1;
UPDATE everything SET n = -0.0, e = 'happy', ea = '{ok}', ta = ARRAY['{', '}', '\', '"', ' ', ''], by = '\xdeadbeef' WHERE id = 2;
