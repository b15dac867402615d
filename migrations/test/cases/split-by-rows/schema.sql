CREATE TABLE payments (id int PRIMARY KEY, method text NOT NULL, card text, iban text);
ALTER TABLE payments REPLICA IDENTITY FULL;
