const router = require('express').Router();
const store = require('../store/patients');
router.get('/:id', (req, res) => store.find(req.params.id).then((row) => res.json(row)));
router.put('/:id', async function update(req, res) { await store.save(req.params.id, req.body); res.end(); });
module.exports = router;
