-- The database of tdctl, and the user that may change its tables. Run once as the server's administrator:
--     mariadb < 1-database.sql
-- then make the tables with the administrator's URL, and let the workers in:
--     TDCTL_POOL_URL=mysql://td_admin@127.0.0.1:3306/td tdctl sos-pool migrate
--     mariadb < 2-worker.sql
-- Change the passwords first; tdctl reads its own from `pool.password`. MariaDB 10.6 or MySQL 8.0 at least.

CREATE DATABASE IF NOT EXISTS td CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- For `sos-pool migrate`, `sos-pool remove`, and nothing that runs day and night.
CREATE USER IF NOT EXISTS 'td_admin'@'%' IDENTIFIED BY 'change-me-admin';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES ON td.* TO 'td_admin'@'%';
