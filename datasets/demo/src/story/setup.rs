//! The people and the project: what an administrator and a lead do before anybody reads.

use super::material::Material;
use super::plan::{Options, Plan};
use crate::people::random_password;
use crate::server::views::{Project, User};
use crate::server::{ServerError, Session};
use anyhow::{Context, Result};
use medreg_datasets::ids::ProjectId;
use medreg_datasets::lang::LangPair;
use serde_json::{Value, json};

/// The project's name, which says what its images are.
pub const PROJECT: &str = "Demo (synthetic)";

const GUIDELINE: &str = "# Demo (synthetic)\n\n\
    All images are generated: they show no patient and no anatomy that anybody has.\n\n\
    Draw a box around every structure and every lesion, name it, and describe it in English and Chinese.\n";

/// Everybody who works on the project, signed in.
#[derive(Debug)]
pub struct Team {
    /// The project they work on.
    pub project: ProjectId,
    server: String,
    admin: Session,
    /// Cuts and exports snapshots.
    pub lead: Session,
    /// Trains and promotes.
    pub engineer: Session,
    /// Read images.
    pub readers: [Session; 2],
}

impl Team {
    /// Creates the people and the project, gives everybody a role, and has them sign in.
    pub fn assemble(options: &Options, plan: &Plan, material: &Material) -> Result<Self> {
        let (name, password) = credentials(options)?;
        let admin = Session::sign_in(&options.server, &name, &password)
            .context("the administrator could not sign in")?;
        let project: Project = admin.post("/api/projects", &project_body(plan))?;
        let server = &options.server;
        let member = |name: &str, display: &str, role: &str| {
            sign_up(server, &admin, project.id, [name, display, role])
        };
        let team = Self {
            project: project.id,
            server: server.clone(),
            lead: member("demo-lead", "Lead (scripted)", "lead")?,
            engineer: member("demo-engineer", "Engineer (scripted)", "engineer")?,
            readers: [
                member("demo-reader-a", "Reader A (scripted)", "annotator")?,
                member("demo-reader-b", "Reader B (scripted)", "annotator")?,
            ],
            admin,
        };
        team.publish_ontology(material)?;
        Ok(team)
    }

    /// One more member, signed in.
    pub fn join(&self, name: &str, display: &str, role: &str) -> Result<Session, ServerError> {
        sign_up(
            &self.server,
            &self.admin,
            self.project,
            [name, display, role],
        )
    }

    /// The path of something of the project's.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/api/projects/{}/{rest}", self.project)
    }

    fn publish_ontology(&self, material: &Material) -> Result<(), ServerError> {
        let body = json!({"concepts": material.concepts});
        let _: Value = self.lead.put(&self.path("concepts"), &body)?;
        Ok(())
    }
}

/// Makes an account with this name, display name and role in the project, and signs in with it.
fn sign_up(
    server: &str,
    admin: &Session,
    project: ProjectId,
    [name, display, role]: [&str; 3],
) -> Result<Session, ServerError> {
    let password = random_password();
    let user: User = admin.post(
        "/api/users",
        &json!({"username": name, "display_name": display, "password": password}),
    )?;
    let path = format!("/api/projects/{project}/members/{}", user.id);
    admin.put_silently(&path, &json!({"role": role}))?;
    Session::sign_in(server, name, &password)
}

fn project_body(plan: &Plan) -> Value {
    json!({
        "name": PROJECT,
        "langs": LangPair::default(),
        "guideline": GUIDELINE,
        "synthetic": true,
        "shares": plan.shares,
        "blind_share": 0,
    })
}

/// The administrator's name and password.
fn credentials(options: &Options) -> Result<(String, String)> {
    let path = options.admin_credentials.display();
    let text = std::fs::read_to_string(&options.admin_credentials)
        .with_context(|| format!("the administrator's credentials cannot be read from {path}"))?;
    read_credentials(&text).with_context(|| {
        format!("{path} does not name an administrator and a password; `medreg up` writes it into its data directory")
    })
}

fn read_credentials(text: &str) -> Option<(String, String)> {
    let value = |wanted: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once([':', '='])?;
            (key.trim() == wanted).then(|| value.trim().to_owned())
        })
    };
    Some((value("username")?, value("password")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_whatever_stands_around_them() {
        let named = Some(("admin".to_owned(), "a:b=c".to_owned()));
        assert_eq!(
            read_credentials("# keep safe\nusername: admin\npassword: a:b=c\n"),
            named
        );
        assert_eq!(read_credentials("username=admin\npassword=a:b=c"), named);
        assert_eq!(read_credentials("username: admin\n"), None);
        assert_eq!(read_credentials(""), None);
    }
}
