SELECT contents = repeat('c1', 3000) FROM shelves WHERE code = 'moved';
SELECT contents = repeat('c2', 3000) AND label = 'nine' FROM shelves WHERE code = 'S10';
SELECT contents = repeat('c4', 3000) FROM shelves WHERE code = 'S3';
