const { Router } = require('express');
const visits = require('../store/visits');
const router = Router();
router.post('/', visits.open);
module.exports = router;
