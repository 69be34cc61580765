-- Whoever holds the lock is alone: every other apply that is not finished has died.
UPDATE cpctl.applies SET outcome = 'died', finished = clock_timestamp()
WHERE outcome IS NULL AND number IS DISTINCT FROM $1
