//! Signing in and out, users and tokens.

use super::turns::Turns;
use super::{Actor, Hospital, Outcome, ServiceError, access, audit};
use crate::store::accounts::{self, NewUser, Settings, Token, TokenScope, User, UserChange};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use medreg_datasets::ids::{TokenId, UserId};
use rand::RngCore;
use sha2::{Digest, Sha256};

/// Failed sign-ins of one account in a quarter of an hour before it is throttled.
const FAILURES_PER_ACCOUNT: i64 = 10;
/// The same from one address, behind which a whole hospital may sit.
const FAILURES_PER_ADDRESS: i64 = 50;
/// The shortest password.
const MIN_PASSWORD_CHARS: usize = 10;

/// 256 random bits in hexadecimal.
fn secret() -> String {
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    medreg_datasets::ids::Digest::from_raw(&bytes).to_string()
}

/// What is stored of a secret: it is random, so a plain hash cannot be guessed back.
fn hash_of_secret(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Passwords hashed at a time: one takes a core and 19 MiB, and anybody may ask for it.
static HASHING: Turns = Turns::new(4);

/// The argon2id hash of a password.
async fn hash_password(password: &str) -> Outcome<String> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(ServiceError::invalid(
            "password",
            format!("at least {MIN_PASSWORD_CHARS} characters are needed"),
        ));
    }
    let password = password.to_owned();
    let hashed = HASHING.take(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
    });
    hashed
        .await?
        .map_err(|e| ServiceError::Internal(e.to_string()))
}

async fn password_fits(password: &str, hash: String) -> Outcome<bool> {
    let password = password.to_owned();
    let checked = HASHING.take(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
    });
    checked.await
}

/// A session that was just opened.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The cookie's value; never seen again.
    pub secret: String,
    /// What state-changing requests must carry.
    pub csrf_token: String,
}

/// Opens a session. A wrong name takes as long as a wrong password.
pub async fn sign_in(
    hospital: &Hospital,
    username: &str,
    password: &str,
    address: &str,
) -> Outcome<SignedIn> {
    // No account has a name that breaks the rule. It may be of any length and hold anything, so it is neither looked up
    // nor kept: its failures count for the address alone.
    let username = check_username(username).map_or("", |()| username);
    let mut conn = hospital.pool.acquire().await?;
    let (of_account, from_address) =
        accounts::recent_failures(&mut conn, username, address).await?;
    if !username.is_empty() && of_account >= FAILURES_PER_ACCOUNT
        || from_address >= FAILURES_PER_ADDRESS
    {
        return Err(ServiceError::Throttled);
    }
    let found = accounts::credentials(&mut conn, username)
        .await?
        .filter(|found| !found.user.disabled);
    // Hashing is slow on purpose: nobody else waits for a connection meanwhile.
    drop(conn);
    let fits = match &found {
        Some(found) => password_fits(password, found.password_hash.clone()).await?,
        // One hash either way, so that the time taken does not tell which names exist.
        None => {
            hash_password(&secret()).await?;
            false
        }
    };
    let mut conn = hospital.pool.acquire().await?;
    let Some(found) = found.filter(|_| fits) else {
        accounts::insert_failure(&mut conn, username, address).await?;
        return Err(ServiceError::WrongCredentials);
    };
    let (secret, csrf_token) = (secret(), secret());
    accounts::insert_session(
        &mut conn,
        &hash_of_secret(&secret),
        found.user.id,
        &csrf_token,
    )
    .await?;
    Ok(SignedIn {
        user: found.user,
        secret,
        csrf_token,
    })
}

/// Ends the session with this secret.
pub async fn sign_out(hospital: &Hospital, secret: &str) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    Ok(accounts::delete_session(&mut conn, &hash_of_secret(secret)).await?)
}

/// The living session with this secret.
pub async fn session(hospital: &Hospital, secret: &str) -> Outcome<accounts::Session> {
    let mut conn = hospital.pool.acquire().await?;
    accounts::session(&mut conn, &hash_of_secret(secret))
        .await?
        .ok_or(ServiceError::Unauthenticated)
}

/// The owner and scope of the living token with this secret.
pub async fn token_owner(hospital: &Hospital, secret: &str) -> Outcome<(User, TokenScope)> {
    let mut conn = hospital.pool.acquire().await?;
    accounts::token_owner(&mut conn, &hash_of_secret(secret))
        .await?
        .ok_or(ServiceError::Unauthenticated)
}

/// What a person showed at the gate, by hash, so that it may be kept as long as an answer lasts.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A browser's session.
    Session(Vec<u8>),
    /// A token of scope `user`.
    Token(Vec<u8>),
}

impl Credential {
    /// The session with this secret.
    #[must_use]
    pub fn of_session(secret: &str) -> Self {
        Self::Session(hash_of_secret(secret))
    }

    /// The token with this secret.
    #[must_use]
    pub fn of_token(secret: &str) -> Self {
        Self::Token(hash_of_secret(secret))
    }
}

/// Whom a credential stands for now: nobody once it was revoked or its owner disabled.
pub async fn actor(hospital: &Hospital, shown: &Credential) -> Outcome<Actor> {
    let mut conn = hospital.pool.acquire().await?;
    let user = match shown {
        Credential::Session(hash) => accounts::session(&mut conn, hash).await?.map(|s| s.user),
        Credential::Token(hash) => accounts::token_owner(&mut conn, hash)
            .await?
            .map(|(owner, _)| owner),
    };
    let user = user.ok_or(ServiceError::Unauthenticated)?;
    Ok(Actor::from(&user))
}

/// What a new account is made of.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// What they sign in with.
    pub username: &'a str,
    /// What others see.
    pub display_name: &'a str,
    /// Their first password.
    pub password: &'a str,
    /// Whether they run the installation.
    pub is_admin: bool,
}

/// Adds a user.
pub async fn create_user(
    hospital: &Hospital,
    actor: &Actor,
    new: &NewAccount<'_>,
) -> Outcome<User> {
    access::admin(actor)?;
    check_username(new.username)?;
    let password_hash = hash_password(new.password).await?;
    let row = NewUser {
        username: new.username,
        display_name: new.display_name,
        password_hash: &password_hash,
        is_admin: new.is_admin,
    };
    let mut tx = hospital.pool.begin().await?;
    let user = match accounts::insert_user(&mut tx, &row).await {
        Err(error) if error.is_duplicate() => {
            return Err(ServiceError::NameTaken { what: "a user" });
        }
        other => other?,
    };
    audit(
        &mut tx,
        actor,
        "user.add",
        user.id,
        serde_json::json!({ "is_admin": new.is_admin }),
    )
    .await?;
    tx.commit().await?;
    Ok(user)
}

fn check_username(name: &str) -> Outcome<()> {
    let allowed =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let first_ok = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric());
    if first_ok && name.len() <= 64 && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "username",
        "1 to 64 of a-z, 0-9, '.', '_' and '-' are expected, starting with a letter or digit",
    ))
}

/// Makes the first administrator of an empty installation; does nothing in one that has users.
pub async fn create_first_admin(
    hospital: &Hospital,
    username: &str,
    password: &str,
) -> Outcome<Option<User>> {
    let mut conn = hospital.pool.acquire().await?;
    if !accounts::users(&mut conn).await?.is_empty() {
        return Ok(None);
    }
    let password_hash = hash_password(password).await?;
    let new = NewUser {
        username,
        display_name: "Administrator",
        password_hash: &password_hash,
        is_admin: true,
    };
    Ok(Some(accounts::insert_user(&mut conn, &new).await?))
}

/// All users.
pub async fn users(hospital: &Hospital, actor: &Actor) -> Outcome<Vec<User>> {
    access::admin(actor)?;
    let mut conn = hospital.pool.acquire().await?;
    Ok(accounts::users(&mut conn).await?)
}

/// What an administrator may change about a user; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct AccountChange<'a> {
    /// What others see.
    pub display_name: Option<&'a str>,
    /// A new password.
    pub password: Option<&'a str>,
    /// Whether they can no longer sign in.
    pub disabled: Option<bool>,
    /// Whether they run the installation.
    pub is_admin: Option<bool>,
}

impl AccountChange<'_> {
    /// The field by which an administrator would be one no more.
    fn taken_right(&self) -> Option<&'static str> {
        match (self.is_admin, self.disabled) {
            (Some(false), _) => Some("is_admin"),
            (_, Some(true)) => Some("disabled"),
            _ => None,
        }
    }
}

/// Changes a user; a new password or a disabled account ends their sessions. The last administrator stays one: without
/// any, nobody could make another.
pub async fn change_user(
    hospital: &Hospital,
    actor: &Actor,
    id: UserId,
    change: &AccountChange<'_>,
) -> Outcome<User> {
    access::admin(actor)?;
    let hash = match change.password {
        Some(password) => Some(hash_password(password).await?),
        None => None,
    };
    let row = UserChange {
        display_name: change.display_name,
        password_hash: hash.as_deref(),
        disabled: change.disabled,
        is_admin: change.is_admin,
        interface_lang: None,
    };
    let mut tx = hospital.pool.begin().await?;
    if change.taken_right().is_some() {
        accounts::lock_admins(&mut tx).await?;
    }
    let user = accounts::change_user(&mut tx, id, &row)
        .await?
        .ok_or(ServiceError::NotFound("user"))?;
    if let Some(field) = change.taken_right()
        && !accounts::any_admin(&mut tx).await?
    {
        return Err(ServiceError::invalid(
            field,
            "this is the last administrator: make somebody else one first",
        ));
    }
    let detail = serde_json::json!({ "disabled": change.disabled, "is_admin": change.is_admin, "password": change.password.is_some() });
    audit(&mut tx, actor, "user.change", id, detail).await?;
    tx.commit().await?;
    Ok(user)
}

/// Chooses the actor's own interface language.
pub async fn choose_language(hospital: &Hospital, actor: &Actor, lang: &str) -> Outcome<User> {
    if !["en", "zh-Hans", "ja"].contains(&lang) {
        return Err(ServiceError::invalid(
            "interface_lang",
            "en, zh-Hans or ja is expected",
        ));
    }
    let mut conn = hospital.pool.acquire().await?;
    let change = UserChange {
        interface_lang: Some(lang),
        ..UserChange::default()
    };
    accounts::change_user(&mut conn, actor.user, &change)
        .await?
        .ok_or(ServiceError::NotFound("user"))
}

/// How a person works with the page.
pub async fn settings(hospital: &Hospital, user: UserId) -> Outcome<Settings> {
    let mut conn = hospital.pool.acquire().await?;
    Ok(accounts::settings(&mut conn, user).await?)
}

/// Keeps how the actor works with the page.
pub async fn keep_settings(hospital: &Hospital, actor: &Actor, settings: Settings) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    Ok(accounts::put_settings(&mut conn, actor.user, settings).await?)
}

/// Makes a token and tells its secret, once. Only an administrator makes one for a worker.
pub async fn issue_token(
    hospital: &Hospital,
    actor: &Actor,
    name: &str,
    scope: TokenScope,
) -> Outcome<(TokenId, String)> {
    if scope == TokenScope::Worker {
        access::admin(actor)?;
    }
    if !(1..=100).contains(&name.chars().count()) {
        return Err(ServiceError::invalid(
            "name",
            "1 to 100 characters are expected",
        ));
    }
    let secret = format!("mrg_{}", secret());
    let mut tx = hospital.pool.begin().await?;
    let id =
        accounts::insert_token(&mut tx, actor.user, name, scope, &hash_of_secret(&secret)).await?;
    audit(
        &mut tx,
        actor,
        "token.add",
        id,
        serde_json::json!({ "scope": scope }),
    )
    .await?;
    tx.commit().await?;
    Ok((id, secret))
}

/// The actor's tokens; an administrator sees all.
pub async fn tokens(hospital: &Hospital, actor: &Actor) -> Outcome<Vec<Token>> {
    let mut conn = hospital.pool.acquire().await?;
    Ok(accounts::tokens(&mut conn, (!actor.is_admin).then_some(actor.user)).await?)
}

/// Revokes one of the actor's tokens; an administrator may revoke any.
pub async fn revoke_token(hospital: &Hospital, actor: &Actor, id: TokenId) -> Outcome<()> {
    let mut tx = hospital.pool.begin().await?;
    if !accounts::revoke_token(&mut tx, id, (!actor.is_admin).then_some(actor.user)).await? {
        return Err(ServiceError::NotFound("token"));
    }
    audit(&mut tx, actor, "token.revoke", id, serde_json::json!({})).await?;
    Ok(tx.commit().await?)
}
