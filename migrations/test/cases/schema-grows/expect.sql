SELECT array_agg(city ORDER BY id) = ARRAY['London', NULL, NULL, 'Boston'] FROM customers;
