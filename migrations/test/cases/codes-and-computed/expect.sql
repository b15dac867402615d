SELECT array_agg(id || '|' || coalesce(status::text, '-') || '|' || buyer || '|' || price || '|' || origin || '|' || story_length ORDER BY id)
  = ARRAY['1|done|lovelace, "Ada"|20.00|shop|9000', '4|done|liskov, "Barbara"|0.05|shop|1', '30|-|dijkstra, "Edsger \ {W}"|0.00|shop|1'] FROM orders;
SELECT made_year = 2026 AND tags[2] = 'c"d' FROM orders WHERE id = 1;
