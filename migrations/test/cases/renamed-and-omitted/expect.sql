SELECT array_agg(customer_id || name || segment ORDER BY customer_id) = '{1Ada L.unknown,3Edsgerunknown,20Graceunknown}' FROM crm.customers;
