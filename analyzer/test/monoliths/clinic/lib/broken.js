const missing = require('./nowhere');
function ( { oops
