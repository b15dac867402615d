CREATE TABLE titles (id int PRIMARY KEY, title text);
CREATE TABLE texts (book_id int PRIMARY KEY, body text);
