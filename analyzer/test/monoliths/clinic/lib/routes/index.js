exports.patients = require('./patients');
exports.visits = require('./visits');
