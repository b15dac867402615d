const pool = require('./pool');
const COLUMNS = 'id, name';
module.exports = {
  find: (id) => pool.query(`SELECT ${COLUMNS} FROM patients p LEFT JOIN visits v ON v.patient_id = p.id WHERE p.id = $1`, [id]),
  async save(id, { name }) {
    await pool.query({ text: 'INSERT INTO patients (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = $2', values: [id, name] });
    await audit('patients', id);
  },
};
function audit(table, id) {
  const plugin = require('./plugins/' + table);
  return pool.query('INSERT INTO audit_' + plugin.suffix + ' SELECT * FROM patients WHERE id = $1', [id]);
}
