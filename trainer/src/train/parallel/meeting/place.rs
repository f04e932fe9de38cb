//! Where rank 0 listens.

use super::MeetingError;
use crate::train::parallel::Launch;
use std::fmt;

/// Where rank 0 listens, by the variables that PyTorch's launchers and the operators of Kubernetes set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingPlace {
    /// The name or address of its machine.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl MeetingPlace {
    /// The port where none is set, the same as PyTorch's.
    pub const PORT: u16 = 29500;

    /// Reads this process's environment.
    pub fn from_environment(launch: &Launch) -> Result<Self, MeetingError> {
        Self::read(launch, &|name| std::env::var(name).ok())
    }

    /// Reads variables. Ranks of one machine need not be told.
    pub fn read(
        launch: &Launch,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, MeetingError> {
        let here = (launch.local_size == Some(launch.size)).then(|| "127.0.0.1".to_owned());
        let host = variable("MASTER_ADDR").filter(|host| !host.is_empty());
        let host = host.or(here).ok_or(MeetingError::Nowhere {
            launcher: launch.launcher,
            size: launch.size,
        })?;
        let port = match variable("MASTER_PORT") {
            None => Self::PORT,
            Some(port) => match port.parse() {
                Ok(number @ 1..) => number,
                _ => return Err(MeetingError::Port(port)),
            },
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for MeetingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(local_size: Option<usize>, variables: &[(&str, &str)]) -> Result<String, String> {
        let launch = Launch {
            size: 4,
            local_size,
            ..Launch::ALONE
        };
        let of = |name: &str| variables.iter().find(|(n, _)| *n == name);
        let place = MeetingPlace::read(&launch, &|name| of(name).map(|(_, v)| (*v).to_owned()));
        place.map(|p| p.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn ranks_of_one_machine_need_not_be_told_where_to_meet_and_others_must() {
        let given = [("MASTER_ADDR", "node-1"), ("MASTER_PORT", "4000")];
        assert_eq!(read(None, &given).unwrap(), "node-1 port 4000");
        assert_eq!(read(Some(4), &given).unwrap(), "node-1 port 4000");
        assert_eq!(read(None, &given[..1]).unwrap(), "node-1 port 29500");
        assert_eq!(read(Some(4), &[]).unwrap(), "127.0.0.1 port 29500");
        for local_size in [None, Some(2)] {
            let said = read(local_size, &given[1..]).unwrap_err();
            assert!(said.contains("set MASTER_ADDR"), "{said}");
        }
        for port in ["", "0", "70000", "http"] {
            let said = read(Some(4), &[("MASTER_PORT", port)]).unwrap_err();
            assert!(said.starts_with("MASTER_PORT is `"), "{said}");
        }
    }
}
