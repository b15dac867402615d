SELECT array_agg(total ORDER BY id) = '{99.90,5.00,10.00}' FROM lines;
