-- A stand-in for the extension supabase_vault, from 0.3: docs/facts.md 2.6 says what it must do.
-- Its cipher hides a value from whoever searches, and from nobody else.
CREATE SCHEMA vault;

CREATE FUNCTION vault._crypto_aead_det_noncegen() RETURNS bytea
LANGUAGE sql VOLATILE AS $$ SELECT decode(md5(random()::text), 'hex') $$;

CREATE FUNCTION vault._crypto_aead_det_encrypt(
    message bytea, additional bytea, key_id bigint, context bytea = 'pgsodium', nonce bytea = NULL
) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$ SELECT convert_to(reverse(encode(message, 'base64')), 'utf8') $$;

CREATE FUNCTION vault._crypto_aead_det_decrypt(
    message bytea, additional bytea, key_id bigint, context bytea = 'pgsodium', nonce bytea = NULL
) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$ SELECT decode(reverse(convert_from(message, 'utf8')), 'base64') $$;

CREATE TABLE vault.secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text,
    description text NOT NULL DEFAULT '',
    secret text NOT NULL,
    key_id uuid,
    nonce bytea DEFAULT vault._crypto_aead_det_noncegen(),
    created_at timestamptz NOT NULL DEFAULT current_timestamp,
    updated_at timestamptz NOT NULL DEFAULT current_timestamp
);

CREATE UNIQUE INDEX secrets_name_idx ON vault.secrets (name) WHERE name IS NOT NULL;

CREATE VIEW vault.decrypted_secrets AS
SELECT id, name, description, secret,
    convert_from(
        vault._crypto_aead_det_decrypt(
            decode(secret, 'base64'), convert_to(id::text, 'utf8'), 0, 'pgsodium', nonce
        ), 'utf8'
    ) AS decrypted_secret,
    key_id, nonce, created_at, updated_at
FROM vault.secrets;

CREATE FUNCTION vault.create_secret(
    new_secret text, new_name text = NULL, new_description text = '', new_key_id uuid = NULL
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    made vault.secrets;
BEGIN
    -- In clear for a moment, as in the original: an error of this statement can quote it.
    INSERT INTO vault.secrets (secret, name, description)
    VALUES (new_secret, new_name, new_description)
    RETURNING * INTO made;
    UPDATE vault.secrets
    SET secret = encode(
        vault._crypto_aead_det_encrypt(
            convert_to(made.secret, 'utf8'), convert_to(made.id::text, 'utf8'), 0, 'pgsodium',
            made.nonce
        ), 'base64')
    WHERE id = made.id;
    RETURN made.id;
END
$$;

CREATE FUNCTION vault.update_secret(
    secret_id uuid, new_secret text = NULL, new_name text = NULL, new_description text = NULL,
    new_key_id uuid = NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE vault.secrets AS kept
    SET secret = coalesce(
            encode(
                vault._crypto_aead_det_encrypt(
                    convert_to(new_secret, 'utf8'), convert_to(kept.id::text, 'utf8'), 0,
                    'pgsodium', kept.nonce
                ), 'base64'),
            kept.secret),
        name = coalesce(new_name, kept.name),
        description = coalesce(new_description, kept.description),
        updated_at = now()
    WHERE kept.id = secret_id;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC;
