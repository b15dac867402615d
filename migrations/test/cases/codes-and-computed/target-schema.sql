CREATE TYPE status AS ENUM ('pending', 'done');
CREATE TABLE orders (id int PRIMARY KEY, status status, buyer text, price numeric(10,2), origin text, tags text[], made date, made_year int, story_length int, story text);
