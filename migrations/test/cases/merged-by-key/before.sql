INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Edsger'), (4, 'Barbara');
INSERT INTO profiles VALUES (1, repeat('a', 9000), '1815-12-10'), (2, 'admiral', '1906-12-09'), (4, 'turing award', '1939-11-07');
