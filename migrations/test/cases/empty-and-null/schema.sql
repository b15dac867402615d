CREATE TABLE notes (id int PRIMARY KEY, body text, tags text[], amount numeric DEFAULT 7);
