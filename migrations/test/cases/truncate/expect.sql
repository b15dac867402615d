SELECT (SELECT array_agg(id) FROM carts) = '{100}' AND (SELECT array_agg(what) FROM cart_items) = '{after}';
