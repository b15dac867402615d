CREATE TABLE users (id int PRIMARY KEY, usr_nm text, password_hash text, email text);
