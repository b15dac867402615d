SELECT array_agg(id || name || coalesce(left(bio, 9), '-') || coalesce(length(bio), 0) || coalesce(born::text, '') || coalesce(has_profile::text, '') ORDER BY id)
  = '{"1Ada L.aaaaaaaaa90001815-12-11true",2Grace-0,"5Tony H.quicksort9true","30Edsgerdutch5true"}' FROM members;
