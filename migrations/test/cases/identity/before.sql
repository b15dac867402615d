INSERT INTO tickets (holder) SELECT 'Holder ' || g FROM generate_series(1, 10) AS g;
