SELECT count(*) = 7 FROM more;
SELECT ti = '24:00:00' AND ct = 'the long ones did not change' FROM more WHERE id = 11;
SELECT length(body) = 5000 AND length(db) = 5000 AND cardinality(ia) = 2000 FROM more WHERE id = 60;
SELECT cardinality(fa) = 2000 FROM whole WHERE id = 1;
