-- What scheduler.yaml takes for granted; run it once, as a superuser.
CREATE ROLE reporting LOGIN;
CREATE ROLE archivist LOGIN;
CREATE DATABASE warehouse OWNER reporting;
GRANT USAGE ON SCHEMA cron TO reporting, archivist;
