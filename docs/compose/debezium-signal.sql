-- Debezium reads its signals (an incremental snapshot, a pause) from this table; the connector configs name it in signal.data.collection.
CREATE SCHEMA IF NOT EXISTS strangler;
CREATE TABLE IF NOT EXISTS strangler.debezium_signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
