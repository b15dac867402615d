SELECT array_agg(id || card ORDER BY id) = '{54555,204333,304222}' FROM card_payments;
SELECT array_agg(id || iban ORDER BY id) = '{1DE9}' FROM transfers;
