const pool = require('./pool');
exports.open = async (req, res) => {
  await pool.query('BEGIN');
  await pool.query('INSERT INTO visits (patient_id) VALUES ($1)', [req.body.patient]);
  await pool.query('COMMIT');
  res.end();
};
