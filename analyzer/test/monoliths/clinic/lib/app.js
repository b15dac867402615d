const express = require('express');
const { patients, visits } = require('./routes');
const app = express();
app.use('/patients', patients);
app.use('/visits', require('./routes/visits'));
module.exports = app;
