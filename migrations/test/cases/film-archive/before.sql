BEGIN; INSERT INTO staff (id, boss_id, store_id, name) VALUES (1, 1, 1, 'Ada'); INSERT INTO store (manager_id, lies_at) VALUES (1, ROW('a "b", c', '12')); COMMIT;
INSERT INTO film (title, released, shelf, rated) VALUES ('Metropolis', 1927, 'abc', '{G,PG}'), ('', NULL, '', '{}');
INSERT INTO actor VALUES ('00000000-0000-0000-0000-000000000001', 'Brigitte'), ('00000000-0000-0000-0000-000000000002', NULL);
INSERT INTO film_actor SELECT f.id, a.id FROM film f, actor a;
INSERT INTO member (email, card) SELECT 'm' || g, 'c' FROM generate_series(1, 20) g;
INSERT INTO screening VALUES (1, '[1,5)'), (2, '[5,9)');
INSERT INTO price VALUES (1.0, '2020-01-01', 'G', 'a'), ('NaN', 'infinity', 'R', 'b');
