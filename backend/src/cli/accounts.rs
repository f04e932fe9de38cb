//! Administration from the shell: users, tokens, the audit trail.

use super::installation::{Installation, Reach};
use super::{Place, WrongCall, print};
use crate::services::accounts::{self, AccountChange, NewAccount};
use crate::services::{Actor, Hospital};
use crate::store;
use crate::store::accounts::{Token, TokenScope, User};
use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use medreg_datasets::ids::TokenId;
use std::process::ExitCode;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Scope {
    /// Acts as its owner
    User,
    /// Reaches the worker's routes only
    Worker,
}

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print its secret, once
    #[command(
        after_help = "Example:\n  medreg token create --user admin --scope worker --name gpu-1 > worker-token"
    )]
    Create {
        /// The account it acts as; a worker's token needs an administrator
        #[arg(long, default_value = "admin")]
        user: String,
        /// What it may do
        #[arg(long, value_enum, default_value = "user")]
        scope: Scope,
        /// What to call it
        #[arg(long)]
        name: String,
        /// Print `{"id": …, "token": …}`
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token
    #[command(after_help = "Example:\n  medreg token revoke 0195f3c2-7c1e-7d3a-9a44-0d6c1f0a2b3c")]
    Revoke {
        /// Its id, as `list` prints it
        id: TokenId,
    },
    /// List all tokens
    #[command(after_help = "Example:\n  medreg token list --json")]
    List {
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add a user; the password is read from standard input
    #[command(after_help = "Example:\n  medreg user add anna --display-name 'Anna' < password.txt")]
    Add {
        /// What they sign in with
        username: String,
        /// What others see
        #[arg(long)]
        display_name: String,
        /// Let them run the installation
        #[arg(long)]
        admin: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a password, read from standard input
    #[command(after_help = "Example:\n  medreg user passwd anna < password.txt")]
    Passwd {
        /// Whose
        username: String,
    },
    /// List all users
    #[command(after_help = "Example:\n  medreg user list --json")]
    List {
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Check that every entry follows from those before it; exit code 1 where one does not
    #[command(after_help = "Example:\n  medreg audit verify --json")]
    Verify {
        /// Print `{"whole": …, "first_broken": …}`
        #[arg(long)]
        json: bool,
    },
}

/// The account with this name, to act as or upon.
async fn account(hospital: &Hospital, username: &str) -> anyhow::Result<Actor> {
    let mut conn = hospital.pool.acquire().await?;
    let users = store::accounts::users(&mut conn).await?;
    let user = users.into_iter().find(|u| u.username == username);
    let user = user
        .with_context(|| format!("there is no user `{username}`: `medreg user list` lists them"))?;
    Ok(Actor::from(&user))
}

pub(super) async fn token(place: &Place, command: TokenCommand) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Reach::Database).await?;
    let hospital = &installation.hospital;
    match command {
        TokenCommand::Create {
            user,
            scope,
            name,
            json,
        } => {
            let actor = account(hospital, &user).await?;
            let scope = match scope {
                Scope::User => TokenScope::User,
                Scope::Worker => TokenScope::Worker,
            };
            let (id, token) = accounts::issue_token(hospital, &actor, &name, scope).await?;
            match json {
                true => print::json(&serde_json::json!({ "id": id, "token": token }))?,
                false => print::line(&token)?,
            }
        }
        TokenCommand::Revoke { id } => {
            accounts::revoke_token(hospital, &installation.administrator().await?, id).await?;
        }
        TokenCommand::List { json } => {
            let actor = installation.administrator().await?;
            print::rows(
                json,
                &accounts::tokens(hospital, &actor).await?,
                token_cells,
            )?;
        }
    }
    installation.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn token_cells(token: &Token) -> [String; 4] {
    let state = match (&token.revoked_at, &token.last_used_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("last used {at}"),
        (None, None) => "never used".to_owned(),
    };
    [
        token.id.to_string(),
        token.scope.clone(),
        token.name.clone(),
        state,
    ]
}

pub(super) async fn user(place: &Place, command: UserCommand) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Reach::Database).await?;
    let hospital = &installation.hospital;
    let actor = installation.administrator().await?;
    match command {
        UserCommand::Add {
            username,
            display_name,
            admin,
            json,
        } => {
            let new = NewAccount {
                username: &username,
                display_name: &display_name,
                password: &password().await?,
                is_admin: admin,
            };
            let user = accounts::create_user(hospital, &actor, &new).await?;
            print::rows(json, &[user], user_cells)?;
        }
        UserCommand::Passwd { username } => {
            let id = account(hospital, &username).await?.user;
            let password = password().await?;
            let change = AccountChange {
                password: Some(&password),
                ..AccountChange::default()
            };
            accounts::change_user(hospital, &actor, id, &change).await?;
        }
        UserCommand::List { json } => {
            print::rows(json, &accounts::users(hospital, &actor).await?, user_cells)?;
        }
    }
    installation.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn user_cells(user: &User) -> [String; 4] {
    let what = match (user.disabled, user.is_admin) {
        (true, _) => "disabled",
        (false, true) => "administrator",
        (false, false) => "user",
    };
    [
        user.id.to_string(),
        user.username.clone(),
        what.to_owned(),
        user.display_name.clone(),
    ]
}

pub(super) async fn audit(place: &Place, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify { json } = command;
    let installation = Installation::open(place, Reach::Database).await?;
    let mut conn = installation.hospital.pool.acquire().await?;
    let broken = store::audit::first_broken(&mut conn).await?;
    drop(conn);
    installation.close().await?;
    if json {
        print::json(&serde_json::json!({ "whole": broken.is_none(), "first_broken": broken }))?;
    }
    match broken {
        None if json => {}
        None => print::line("the audit trail is whole")?,
        Some(seq) => {
            eprintln!(
                "medreg: entry {seq} of the audit trail does not follow from those before it: it, or one before it, was changed behind the server's back"
            );
            return Ok(ExitCode::from(1));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A password from standard input: an argument would be seen by everybody on the machine.
async fn password() -> anyhow::Result<String> {
    let read = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    let password = read
        .await?
        .context("the password is read from standard input")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(WrongCall(
            "the password is read from standard input, which was empty: medreg user … < password.txt".to_owned(),
        )
        .into());
    }
    Ok(password.to_owned())
}
