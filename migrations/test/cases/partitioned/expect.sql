SELECT count(*) = 20 FROM readings;
SELECT value = 1.5 FROM readings WHERE sensor = 1 AND at = '2026-06-01';
