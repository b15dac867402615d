CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE TYPE mood AS ENUM ('sad', 'o,k "x"', 'happy');
CREATE TYPE comp AS (a int, b text);
CREATE DOMAIN dnum AS numeric(10,2);
CREATE DOMAIN dbytes AS bytea;
CREATE DOMAIN ddate AS date;
CREATE TABLE more (id int PRIMARY KEY, ti time, ti3 time(3), ts3 timestamp(3), tz3 timestamptz(3), d date, iv interval CHECK (isfinite(iv)), b9 bit(9), b1 bit(1), mo money, hs hstore, ct citext, lt ltree, o oid, dn dnum, db dbytes, dd ddate, n numeric, m mood, cp comp,
  ta text[] CHECK (array_ndims(ta) = 1 AND array_lower(ta, 1) = 1), ia int[] CHECK (array_ndims(ia) = 1 AND array_lower(ia, 1) = 1), ba bytea[] CHECK (array_ndims(ba) = 1 AND array_lower(ba, 1) = 1), da date[] CHECK (array_ndims(da) = 1 AND array_lower(da, 1) = 1), ua uuid[] CHECK (array_ndims(ua) = 1 AND array_lower(ua, 1) = 1), ja jsonb[] CHECK (array_ndims(ja) = 1 AND array_lower(ja, 1) = 1), bia bigint[] CHECK (array_ndims(bia) = 1 AND array_lower(bia, 1) = 1), cha char(3)[] CHECK (array_ndims(cha) = 1 AND array_lower(cha, 1) = 1),
  r8 int8range, nr numrange, dr daterange, tr tsrange, mr int8multirange, bx box, ls lseg, li line, ci circle, pth path, pol polygon, pt point, tsv tsvector, tsq tsquery, jp jsonpath, mac8 macaddr8, xi xid8, qc "char", f4 float4, f8 float8, js json, bp bpchar, x xml, ln pg_lsn, big bigint, body text);
CREATE TABLE whole (id int PRIMARY KEY, fa float8[] CHECK (array_ndims(fa) = 1 AND array_lower(fa, 1) = 1), boa bool[] CHECK (array_ndims(boa) = 1 AND array_lower(boa, 1) = 1), ma mood[] CHECK (array_ndims(ma) = 1 AND array_lower(ma, 1) = 1), tsa timestamp[] CHECK (array_ndims(tsa) = 1 AND array_lower(tsa, 1) = 1), hsa hstore[] CHECK (array_ndims(hsa) = 1 AND array_lower(hsa, 1) = 1));
ALTER TABLE whole REPLICA IDENTITY FULL;
ALTER TABLE more ALTER body SET STORAGE EXTERNAL, ALTER db SET STORAGE EXTERNAL, ALTER pol SET STORAGE EXTERNAL, ALTER hs SET STORAGE EXTERNAL, ALTER ia SET STORAGE EXTERNAL, ALTER ua SET STORAGE EXTERNAL, ALTER ba SET STORAGE EXTERNAL
