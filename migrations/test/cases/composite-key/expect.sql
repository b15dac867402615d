SELECT quantity = 31 FROM stock WHERE warehouse = 'a' AND product_id = 11;
SELECT count(*) = 6 FROM stock;
