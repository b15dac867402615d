SELECT max(id) = 11 AND count(*) = 10 FROM tickets;
