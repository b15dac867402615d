SELECT count(*) = 32800 FROM events;
