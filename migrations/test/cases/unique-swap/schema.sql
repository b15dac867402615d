CREATE TABLE seats (id int PRIMARY KEY, number int NOT NULL UNIQUE, guest text);
