CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE EXTENSION isn;
CREATE EXTENSION cube;
CREATE EXTENSION seg;
CREATE EXTENSION intarray;
CREATE TABLE shelves (id int PRIMARY KEY, labels hstore, name citext, place ltree, book isbn13, room cube, span seg, rows int[], mark text);
CREATE TABLE readers (mail citext PRIMARY KEY, visits int NOT NULL)
