//! Users, their sessions and tokens, and failed sign-ins.

use super::Stored;
use medreg_datasets::ids::{TokenId, UserId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

/// A person, as others may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// The account's id.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// What they sign in with.
    pub username: String,
    /// What others see.
    pub display_name: String,
    /// Whether they run the installation.
    pub is_admin: bool,
    /// The interface's language: en, zh-Hans or ja.
    pub interface_lang: String,
    /// Whether they can no longer sign in.
    pub disabled: bool,
}

/// How a person works with the page, wherever they sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// Whether keys that also write a character are in use.
    pub letter_keys: bool,
    /// Whether every box is drawn by two clicks, never by dragging.
    pub two_clicks: bool,
    /// Whether names stand beside the boxes.
    pub box_names: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            letter_keys: true,
            two_clicks: false,
            box_names: true,
        }
    }
}

/// A user with the hash of their password.
#[derive(Debug)]
pub struct Credentials {
    /// Who.
    pub user: User,
    /// argon2id in PHC format.
    pub password_hash: String,
}

/// Somebody's session.
#[derive(Debug)]
pub struct Session {
    /// Whose.
    pub user: User,
    /// What state-changing requests must carry.
    pub csrf_token: String,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Act as its owner.
    User,
    /// Reach the worker's endpoints, and nothing else.
    Worker,
}

impl TokenScope {
    /// The name used in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Worker => "worker",
        }
    }
}

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Token {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// `user` or `worker`.
    pub scope: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
}

/// What a new user is made of.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// What they sign in with.
    pub username: &'a str,
    /// What others see.
    pub display_name: &'a str,
    /// argon2id in PHC format.
    pub password_hash: &'a str,
    /// Whether they run the installation.
    pub is_admin: bool,
}

/// Adds a user.
pub async fn insert_user(conn: &mut PgConnection, new: &NewUser<'_>) -> Stored<User> {
    let id = UserId::fresh();
    let user = sqlx::query_as!(
        User,
        r#"INSERT INTO users (id, username, display_name, password_hash, is_admin) VALUES ($1, $2, $3, $4, $5)
           RETURNING id AS "id: Uuid", username, display_name, is_admin, interface_lang, disabled"#,
        id.0, new.username, new.display_name, new.password_hash, new.is_admin,
    )
    .fetch_one(conn)
    .await?;
    Ok(user)
}

/// The user of this name with the hash of their password.
pub async fn credentials(conn: &mut PgConnection, username: &str) -> Stored<Option<Credentials>> {
    let row = sqlx::query!(
        "SELECT id, username, display_name, is_admin, interface_lang, disabled, password_hash FROM users WHERE username = $1",
        username
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Credentials {
        user: User {
            id: UserId(r.id),
            username: r.username,
            display_name: r.display_name,
            is_admin: r.is_admin,
            interface_lang: r.interface_lang,
            disabled: r.disabled,
        },
        password_hash: r.password_hash,
    }))
}

/// One user.
pub async fn user(conn: &mut PgConnection, id: UserId) -> Stored<Option<User>> {
    let user = sqlx::query_as!(
        User,
        r#"SELECT id AS "id: Uuid", username, display_name, is_admin, interface_lang, disabled FROM users WHERE id = $1"#,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(user)
}

/// All users, by name.
pub async fn users(conn: &mut PgConnection) -> Stored<Vec<User>> {
    let users = sqlx::query_as!(
        User,
        r#"SELECT id AS "id: Uuid", username, display_name, is_admin, interface_lang, disabled FROM users ORDER BY username"#
    )
    .fetch_all(conn)
    .await?;
    Ok(users)
}

/// What may change about a user; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct UserChange<'a> {
    /// What others see.
    pub display_name: Option<&'a str>,
    /// argon2id in PHC format.
    pub password_hash: Option<&'a str>,
    /// Whether they can no longer sign in.
    pub disabled: Option<bool>,
    /// Whether they run the installation.
    pub is_admin: Option<bool>,
    /// The interface's language.
    pub interface_lang: Option<&'a str>,
}

/// Changes a user. A new password or a disabled account ends their sessions.
pub async fn change_user(
    conn: &mut PgConnection,
    id: UserId,
    change: &UserChange<'_>,
) -> Stored<Option<User>> {
    let changed = sqlx::query_as!(
        User,
        r#"UPDATE users SET display_name = coalesce($2, display_name), password_hash = coalesce($3, password_hash),
                  disabled = coalesce($4, disabled), is_admin = coalesce($5, is_admin), interface_lang = coalesce($6, interface_lang)
           WHERE id = $1
           RETURNING id AS "id: Uuid", username, display_name, is_admin, interface_lang, disabled"#,
        id.0, change.display_name, change.password_hash, change.disabled, change.is_admin, change.interface_lang,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if change.password_hash.is_some() || change.disabled == Some(true) {
        sqlx::query!("DELETE FROM sessions WHERE user_id = $1", id.0)
            .execute(conn)
            .await?;
    }
    Ok(changed)
}

/// Locks those who run the installation, so that of two who take each other's right away one sees what the other did.
pub async fn lock_admins(conn: &mut PgConnection) -> Stored<()> {
    // Not FOR UPDATE: rows that refer to them may be written meanwhile.
    sqlx::query!(
        "SELECT id FROM users WHERE is_admin AND NOT disabled ORDER BY id FOR NO KEY UPDATE"
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Whether anybody runs the installation who can sign in.
pub async fn any_admin(conn: &mut PgConnection) -> Stored<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE is_admin AND NOT disabled) AS "found!""#
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}

/// Opens a session of twelve hours.
pub async fn insert_session(
    conn: &mut PgConnection,
    secret_hash: &[u8],
    user: UserId,
    csrf: &str,
) -> Stored<()> {
    sqlx::query!("DELETE FROM sessions WHERE expires_at < now()")
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO sessions (secret_hash, user_id, csrf_token, expires_at) VALUES ($1, $2, $3, now() + interval '12 hours')",
        secret_hash, user.0, csrf
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The living session with this secret, of a user who may sign in.
pub async fn session(conn: &mut PgConnection, secret_hash: &[u8]) -> Stored<Option<Session>> {
    let row = sqlx::query!(
        "SELECT u.id, u.username, u.display_name, u.is_admin, u.interface_lang, u.disabled, s.csrf_token
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.secret_hash = $1 AND s.expires_at > now() AND NOT u.disabled",
        secret_hash
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Session {
        user: User {
            id: UserId(r.id),
            username: r.username,
            display_name: r.display_name,
            is_admin: r.is_admin,
            interface_lang: r.interface_lang,
            disabled: r.disabled,
        },
        csrf_token: r.csrf_token,
    }))
}

/// How a person works with the page.
pub async fn settings(conn: &mut PgConnection, user: UserId) -> Stored<Settings> {
    let found = sqlx::query_as!(
        Settings,
        "SELECT letter_keys, two_clicks, box_names FROM settings WHERE user_id = $1",
        user.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.unwrap_or_default())
}

/// Keeps how a person works with the page.
pub async fn put_settings(conn: &mut PgConnection, user: UserId, settings: Settings) -> Stored<()> {
    sqlx::query!(
        "INSERT INTO settings (user_id, letter_keys, two_clicks, box_names) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET letter_keys = $2, two_clicks = $3, box_names = $4",
        user.0,
        settings.letter_keys,
        settings.two_clicks,
        settings.box_names
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session.
pub async fn delete_session(conn: &mut PgConnection, secret_hash: &[u8]) -> Stored<()> {
    sqlx::query!("DELETE FROM sessions WHERE secret_hash = $1", secret_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a token.
pub async fn insert_token(
    conn: &mut PgConnection,
    owner: UserId,
    name: &str,
    scope: TokenScope,
    secret_hash: &[u8],
) -> Stored<TokenId> {
    let id = TokenId::fresh();
    sqlx::query!(
        "INSERT INTO tokens (id, user_id, name, scope, secret_hash) VALUES ($1, $2, $3, $4, $5)",
        id.0,
        owner.0,
        name,
        scope.as_str(),
        secret_hash
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// The owner and scope of the living token with this secret. A worker's lives as long as its owner runs the installation,
/// for it reaches every project.
pub async fn token_owner(
    conn: &mut PgConnection,
    secret_hash: &[u8],
) -> Stored<Option<(User, TokenScope)>> {
    let row = sqlx::query!(
        "SELECT t.id AS token_id, t.scope, u.id, u.username, u.display_name, u.is_admin, u.interface_lang, u.disabled
         FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.secret_hash = $1 AND t.revoked_at IS NULL AND NOT u.disabled AND (t.scope <> 'worker' OR u.is_admin)",
        secret_hash
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // To the minute, so that a busy program does not write at every request.
    sqlx::query!(
        "UPDATE tokens SET last_used_at = now() WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')",
        row.token_id
    )
    .execute(conn)
    .await?;
    let scope = if row.scope == "worker" {
        TokenScope::Worker
    } else {
        TokenScope::User
    };
    let user = User {
        id: UserId(row.id),
        username: row.username,
        display_name: row.display_name,
        is_admin: row.is_admin,
        interface_lang: row.interface_lang,
        disabled: row.disabled,
    };
    Ok(Some((user, scope)))
}

/// Somebody's tokens, or everybody's.
pub async fn tokens(conn: &mut PgConnection, owner: Option<UserId>) -> Stored<Vec<Token>> {
    let tokens = sqlx::query_as!(
        Token,
        r#"SELECT id AS "id: Uuid", name, scope, rfc3339(created_at) AS "created_at!", rfc3339(last_used_at) AS last_used_at,
                  rfc3339(revoked_at) AS revoked_at
           FROM tokens WHERE $1::uuid IS NULL OR user_id = $1 ORDER BY created_at"#,
        owner.map(|o| o.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(tokens)
}

/// Revokes a token, of this owner where one is given; false where there is none.
pub async fn revoke_token(
    conn: &mut PgConnection,
    id: TokenId,
    owner: Option<UserId>,
) -> Stored<bool> {
    let done = sqlx::query!(
        "UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)",
        id.0, owner.map(|o| o.0)
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Failed sign-ins of the last quarter of an hour: for this account, and from this address.
pub async fn recent_failures(
    conn: &mut PgConnection,
    username: &str,
    address: &str,
) -> Stored<(i64, i64)> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE username = $1) AS "of_account!", count(*) FILTER (WHERE address = $2) AS "from_address!"
           FROM failed_sign_ins WHERE at > now() - interval '15 minutes' AND (username = $1 OR address = $2)"#,
        username, address
    )
    .fetch_one(conn)
    .await?;
    Ok((row.of_account, row.from_address))
}

/// Remembers a failed sign-in and forgets old ones.
pub async fn insert_failure(conn: &mut PgConnection, username: &str, address: &str) -> Stored<()> {
    sqlx::query!("DELETE FROM failed_sign_ins WHERE at < now() - interval '1 day'")
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO failed_sign_ins (username, address) VALUES ($1, $2)",
        username,
        address
    )
    .execute(conn)
    .await?;
    Ok(())
}
