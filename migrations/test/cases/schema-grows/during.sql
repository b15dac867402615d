INSERT INTO customers VALUES (3, 'Edsger');
ALTER TABLE customers ADD COLUMN city text;
UPDATE customers SET city = 'London' WHERE id = 1;
INSERT INTO customers VALUES (4, 'Barbara', 'Boston');
