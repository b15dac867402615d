SELECT count(*) = 5 FROM audit.change;
SELECT count(*) = 2 FROM film_actor;
SELECT array_agg(hours)::text = '{empty}' FROM screening;
