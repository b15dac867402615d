CREATE TABLE parcels (id int PRIMARY KEY, note text DEFAULT 'none', weight numeric(6, 2) DEFAULT 7, pieces int DEFAULT 1, fragile boolean DEFAULT true, sent timestamptz DEFAULT '2026-01-01 00:00Z', labels jsonb DEFAULT '{}',
  token uuid DEFAULT '00000000-0000-0000-0000-000000000001', day date DEFAULT '2026-01-01', scan bytea DEFAULT '\x00');
