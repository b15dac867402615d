CREATE TYPE party_kind AS ENUM ('customer', 'supplier');
CREATE TABLE parties (kind party_kind, id int, name text, PRIMARY KEY (kind, id));
