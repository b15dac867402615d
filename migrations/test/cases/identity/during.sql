INSERT INTO tickets (holder) VALUES ('Late');
UPDATE tickets SET holder = 'Renamed', serial_no = 500 WHERE id = 3;
DELETE FROM tickets WHERE id = 4;
