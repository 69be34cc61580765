"""The edge to the server: the only room that imports psycopg."""
