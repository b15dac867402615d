SELECT array_agg(id || status || length(coalesce(note, '')) ORDER BY id) = '{1paid9000,2open9000,40paid0,50open0,61open0}' FROM open_orders;
