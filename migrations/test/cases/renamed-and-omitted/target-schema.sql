CREATE SCHEMA crm;
CREATE TABLE crm.customers (customer_id int PRIMARY KEY, name text, email text, segment text NOT NULL DEFAULT 'unknown');
