-- Default privileges let others read it, and may take from its owner.
DO $strip$
DECLARE
    grantees text;
BEGIN
    SELECT string_agg(DISTINCT coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ')
    INTO grantees
    FROM pg_class c
    CROSS JOIN aclexplode(c.relacl) AS a
    LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.oid = {literal}::regclass AND a.grantee <> c.relowner;
    IF grantees IS NOT NULL THEN
        EXECUTE {revoke} || grantees || ' CASCADE';
    END IF;
    GRANT ALL ON TABLE {name} TO CURRENT_USER;
END
$strip$
