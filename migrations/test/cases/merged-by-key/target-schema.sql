CREATE TABLE members (id int PRIMARY KEY, name text, bio text, born date, has_profile boolean);
