SELECT array_agg(kind || id::text || name ORDER BY kind, id) = '{customer5Edsger,supplier3Globex,supplier20Initech}' FROM parties;
