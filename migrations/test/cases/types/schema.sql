CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE TYPE comp AS (a int, b text);
CREATE TABLE everything (id bigint PRIMARY KEY, n numeric, m numeric(38,18), ts timestamp, tz timestamptz, d date, ti time, tiz timetz, iv interval, js json, jb jsonb, ia int[], ta text[], na numeric[], ea mood[], e mood, u uuid, by bytea, ip inet, ci cidr, mac macaddr, r4 int4range, rt tstzrange, mr int8multirange, f4 real, f8 double precision, bi bigint, bo boolean, b3 bit(3), vb varbit, x xml, pt point, poly polygon, tv tsvector, dom posint, cp comp, ch char(5), vc varchar(20), nm name, ln pg_lsn, td text);
