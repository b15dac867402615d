INSERT INTO customers VALUES (1, 'Ada'), (2, 'Grace');
INSERT INTO suppliers VALUES (1, 'Acme'), (2, 'Initech');
