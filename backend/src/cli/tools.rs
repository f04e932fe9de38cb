//! Administration from the shell, on the database of DATABASE_URL.

use crate::services::accounts::{self, AccountChange, NewAccount};
use crate::services::{Actor, Hospital};
use crate::store;
use crate::store::accounts::TokenScope;
use crate::store::objects::Objects;
use anyhow::Context;
use clap::Subcommand;
use medreg_datasets::ids::TokenId;
use std::io::Read;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print its secret, once
    Create {
        /// The account it acts as; a worker's token needs an administrator
        #[arg(long, default_value = "admin")]
        user: String,
        /// `user` acts as its owner, `worker` reaches the worker's routes only
        #[arg(long, default_value = "user")]
        scope: String,
        /// What to call it
        #[arg(long)]
        name: String,
    },
    /// Revoke a token
    Revoke {
        /// Its id, as `list` prints it
        id: TokenId,
    },
    /// List all tokens as JSON lines
    List,
}

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add a user; the password is read from standard input
    Add {
        /// What they sign in with
        username: String,
        /// What others see
        #[arg(long)]
        display_name: String,
        /// Let them run the installation
        #[arg(long)]
        admin: bool,
    },
    /// Set a password, read from standard input
    Passwd {
        /// Whose
        username: String,
    },
    /// List all users as JSON lines
    List,
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Check that every entry follows from those before it; exit code 1 where one does not
    Verify,
}

async fn hospital() -> anyhow::Result<Hospital> {
    let url = std::env::var("DATABASE_URL");
    let url = url.context("DATABASE_URL is missing; of a running `medreg up` it is postgres://medreg@localhost/medreg?host=DATA/postgres/socket")?;
    let pool = super::up::connect(&url).await?;
    // These commands neither read nor write objects or pseudonyms.
    Ok(Hospital {
        pool,
        objects: Objects::memory(),
        pseudonym_key: [0; 32],
    })
}

/// Acts as an account; whoever can open the database may.
async fn actor(hospital: &Hospital, username: &str) -> anyhow::Result<Actor> {
    let mut conn = hospital.pool.acquire().await?;
    let found = store::accounts::credentials(&mut conn, username).await?;
    let user = found
        .with_context(|| format!("there is no user `{username}`: `medreg user list` lists them"))?
        .user;
    Ok(Actor {
        user: user.id,
        is_admin: user.is_admin,
    })
}

/// An administrator, for what only one may do.
async fn administrator(hospital: &Hospital) -> anyhow::Result<Actor> {
    let mut conn = hospital.pool.acquire().await?;
    let users = store::accounts::users(&mut conn).await?;
    let admin = users
        .into_iter()
        .find(|u| u.is_admin)
        .context("there is no administrator yet: start the server once")?;
    Ok(Actor {
        user: admin.id,
        is_admin: true,
    })
}

pub(super) async fn token(command: TokenCommand) -> anyhow::Result<ExitCode> {
    let hospital = hospital().await?;
    match command {
        TokenCommand::Create { user, scope, name } => {
            let scope = match scope.as_str() {
                "user" => TokenScope::User,
                "worker" => TokenScope::Worker,
                other => {
                    eprintln!("medreg: --scope is `{other}`: user or worker is expected");
                    return Ok(ExitCode::from(2));
                }
            };
            let (_, secret) =
                accounts::issue_token(&hospital, &actor(&hospital, &user).await?, &name, scope)
                    .await?;
            println!("{secret}");
        }
        TokenCommand::Revoke { id } => {
            accounts::revoke_token(&hospital, &administrator(&hospital).await?, id).await?
        }
        TokenCommand::List => {
            print_lines(&accounts::tokens(&hospital, &administrator(&hospital).await?).await?)?
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn user(command: UserCommand) -> anyhow::Result<ExitCode> {
    let hospital = hospital().await?;
    let admin = administrator(&hospital).await?;
    match command {
        UserCommand::Add {
            username,
            display_name,
            admin: is_admin,
        } => {
            let password = password()?;
            let new = NewAccount {
                username: &username,
                display_name: &display_name,
                password: &password,
                is_admin,
            };
            print_lines(&[accounts::create_user(&hospital, &admin, &new).await?])?;
        }
        UserCommand::Passwd { username } => {
            let id = actor(&hospital, &username).await?.user;
            let password = password()?;
            let change = AccountChange {
                password: Some(&password),
                ..AccountChange::default()
            };
            accounts::change_user(&hospital, &admin, id, &change).await?;
        }
        UserCommand::List => print_lines(&accounts::users(&hospital, &admin).await?)?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn audit(command: AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify = command;
    let hospital = hospital().await?;
    let mut conn = hospital.pool.acquire().await?;
    match store::audit::first_broken(&mut conn).await? {
        None => {
            println!("the audit trail is whole");
            Ok(ExitCode::SUCCESS)
        }
        Some(seq) => {
            eprintln!(
                "medreg: entry {seq} of the audit trail does not follow from those before it"
            );
            Ok(ExitCode::from(1))
        }
    }
}

fn password() -> anyhow::Result<String> {
    let mut password = String::new();
    std::io::stdin()
        .read_to_string(&mut password)
        .context("the password is read from standard input")?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn print_lines<T: serde::Serialize>(rows: &[T]) -> anyhow::Result<()> {
    for row in rows {
        println!("{}", serde_json::to_string(row)?);
    }
    Ok(())
}
