
DECLARE
    grantee text;
BEGIN
    -- Default privileges, PostgreSQL's own and those of ALTER DEFAULT PRIVILEGES, let others call it.
    FOR grantee IN
        SELECT DISTINCT coalesce(quote_ident(r.rolname), 'PUBLIC')
        FROM pg_proc p
        CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE p.oid = {signature}::regprocedure AND a.grantee <> p.proowner
    LOOP
        EXECUTE {revoke} || grantee || ' CASCADE';
    END LOOP;
END
