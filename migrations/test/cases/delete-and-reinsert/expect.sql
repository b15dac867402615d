SELECT array_agg(id ORDER BY id) = '{1,3,4,5,9}' FROM members;
SELECT bio IS NULL FROM members WHERE id = 1;
SELECT bio = repeat('z', 5000) AND email = 'm9@example.org' FROM members WHERE id = 9;
