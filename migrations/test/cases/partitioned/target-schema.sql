CREATE TABLE readings (sensor int, at date, value numeric, PRIMARY KEY (sensor, at));
