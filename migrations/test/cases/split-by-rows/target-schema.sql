CREATE TABLE card_payments (id int PRIMARY KEY, card text);
CREATE TABLE transfers (id int PRIMARY KEY, iban text);
