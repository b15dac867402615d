CREATE TABLE patients (id int PRIMARY KEY, name text);
CREATE TABLE visits (id serial PRIMARY KEY, patient_id int REFERENCES patients (id) ON DELETE SET NULL);
