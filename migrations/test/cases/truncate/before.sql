INSERT INTO carts SELECT generate_series(1, 10);
INSERT INTO cart_items SELECT g, g, 'thing' FROM generate_series(1, 10) AS g;
