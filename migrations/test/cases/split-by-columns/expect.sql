SELECT array_agg(id || title ORDER BY id) = '{"1Second edition","4Book 4","5Book 5","6New","20Book 2"}' FROM titles;
SELECT array_agg(book_id || ' ' || length(body) ORDER BY book_id) = '{"1 9600","4 9600","5 9600","6 5","20 9600"}' FROM texts;
