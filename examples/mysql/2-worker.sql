-- The user of serve-ari and of every verb but `sos-pool migrate` and `sos-pool remove`. Run after the tables were made
-- (see 1-database.sql): rights on single tables can be given only when they are there.
-- Nothing is ever deleted by a worker: leases and audit are kept for ever. Kamailio needs no user here: it reads Redis.

CREATE USER IF NOT EXISTS 'td_worker'@'%' IDENTIFIED BY 'change-me-worker';
GRANT SELECT, INSERT, UPDATE ON td.sos_city TO 'td_worker'@'%';
GRANT SELECT, INSERT, UPDATE ON td.sos_number TO 'td_worker'@'%';
GRANT SELECT, INSERT, UPDATE ON td.sos_lease TO 'td_worker'@'%';
GRANT SELECT, INSERT ON td.sos_audit TO 'td_worker'@'%';
GRANT SELECT, INSERT, UPDATE ON td.probe_sweep TO 'td_worker'@'%';
GRANT SELECT, INSERT, UPDATE ON td.probe_result TO 'td_worker'@'%';
GRANT SELECT ON td.schema_version TO 'td_worker'@'%';
