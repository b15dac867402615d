INSERT INTO users VALUES (1, 'Ada', 'secret', 'ada@example.org'), (2, 'Grace', 'secret', 'grace@example.org');
