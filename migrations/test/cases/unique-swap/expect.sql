SELECT array_agg(number ORDER BY id) = '{2,1,5,99,6,3}' FROM seats;
