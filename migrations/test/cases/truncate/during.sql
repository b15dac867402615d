TRUNCATE carts CASCADE;
INSERT INTO carts VALUES (100);
BEGIN;
INSERT INTO cart_items VALUES (1, 100, 'before');
TRUNCATE cart_items;
INSERT INTO cart_items VALUES (2, 100, 'after');
COMMIT;
