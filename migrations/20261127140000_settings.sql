-- How a person works with the page, wherever they sign in; who never changed anything has no row.
CREATE TABLE settings (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    letter_keys boolean NOT NULL,
    two_clicks boolean NOT NULL,
    box_names boolean NOT NULL
);
