/** What the tables of a small bank look like: transfers keep the total, letters are too long to stay in the row, and their keys change. */
export const BANK = `
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL, version int NOT NULL);
CREATE TABLE letters (id int, copy int, body text, opened int NOT NULL, PRIMARY KEY (id, copy));
ALTER TABLE letters ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE desks (id int PRIMARY KEY, number int NOT NULL UNIQUE)`;

export const BANK_TABLES = { accounts: { key: ['id'] }, letters: { key: ['id', 'copy'] }, desks: { key: ['id'] } };
