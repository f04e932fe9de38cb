//! What the launcher says of this process, in its environment.

/// Where a launcher put this process among those that it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Which of them it is, from 0.
    pub rank: usize,
    /// How many there are.
    pub size: usize,
    /// Which it is among those on this machine, from 0: the number of its GPU.
    pub local_rank: usize,
    /// How many there are on this machine, where the launcher tells it.
    pub local_size: Option<usize>,
    /// What started it, for a person to read.
    pub launcher: &'static str,
    /// The variable that tells how many there are.
    pub variable: &'static str,
}

/// Why what a launcher says cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// One half is missing.
    #[error(
        "{given} is set and {missing} is not: {launcher} sets both; start this program with it, or unset {given}"
    )]
    Missing {
        /// What is set.
        given: &'static str,
        /// What is not.
        missing: &'static str,
        /// What would set both.
        launcher: &'static str,
    },
    /// A variable is not a number.
    #[error(
        "{variable} is `{value}`, and {launcher} sets a whole number there: start this program with it, or unset {variable}"
    )]
    NotANumber {
        /// The variable.
        variable: &'static str,
        /// What it is.
        value: String,
        /// What should have set it.
        launcher: &'static str,
    },
    /// The numbers contradict each other.
    #[error(
        "{rank_variable} is {rank} and {size_variable} is {size}: ranks count from 0 to one less than there are"
    )]
    OutOfRange {
        /// The variable of the rank.
        rank_variable: &'static str,
        /// The rank.
        rank: usize,
        /// The variable of the number of ranks.
        size_variable: &'static str,
        /// The number of ranks.
        size: usize,
    },
}

/// The names under which a launcher tells a process its place.
struct Launcher {
    name: &'static str,
    rank: &'static str,
    size: &'static str,
    local_rank: &'static [&'static str],
    local_size: &'static str,
}

/// In the order in which they are asked: `mpirun` may itself have been started by Slurm or in a pod, and has the last word.
const LAUNCHERS: [Launcher; 4] = [
    Launcher {
        name: "Open MPI's mpirun",
        rank: "OMPI_COMM_WORLD_RANK",
        size: "OMPI_COMM_WORLD_SIZE",
        local_rank: &["OMPI_COMM_WORLD_LOCAL_RANK"],
        local_size: "OMPI_COMM_WORLD_LOCAL_SIZE",
    },
    Launcher {
        name: "the mpiexec of MPICH or Intel MPI",
        rank: "PMI_RANK",
        size: "PMI_SIZE",
        local_rank: &["MPI_LOCALRANKID", "SLURM_LOCALID"],
        local_size: "MPI_LOCALNRANKS",
    },
    // Not SLURM_NTASKS: a batch script sees that too, and what it starts without srun is one process.
    Launcher {
        name: "srun",
        rank: "SLURM_PROCID",
        size: "SLURM_STEP_NUM_TASKS",
        local_rank: &["SLURM_LOCALID"],
        // On several machines it lists them, as in `4(x2)`.
        local_size: "SLURM_STEP_TASKS_PER_NODE",
    },
    // As torchrun, and the operators of Kubernetes that follow it.
    Launcher {
        name: "the launcher that sets WORLD_SIZE",
        rank: "RANK",
        size: "WORLD_SIZE",
        local_rank: &["LOCAL_RANK"],
        local_size: "LOCAL_WORLD_SIZE",
    },
];

impl Launch {
    /// A process that nobody started among others.
    pub const ALONE: Self = Self {
        rank: 0,
        size: 1,
        local_rank: 0,
        local_size: Some(1),
        launcher: "nobody",
        variable: "",
    };

    /// Reads this process's environment.
    pub fn from_environment() -> Result<Self, LaunchError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Reads variables; the first launcher that says how many it started is believed.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, LaunchError> {
        let speaks = |launcher: &&Launcher| variable(launcher.size).is_some();
        match LAUNCHERS.iter().find(speaks) {
            None => Ok(Self::ALONE),
            Some(launcher) => launcher.place(variable),
        }
    }
}

impl Launcher {
    fn place(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Launch, LaunchError> {
        let size = self.number(self.size, variable)?;
        let rank = self.number(self.rank, variable)?;
        let local = self.local_rank.iter().find(|name| variable(name).is_some());
        let local_rank = local.map_or(Ok(0), |name| self.number(name, variable))?;
        if rank >= size {
            return Err(LaunchError::OutOfRange {
                rank_variable: self.rank,
                rank,
                size_variable: self.size,
                size,
            });
        }
        Ok(Launch {
            rank,
            size,
            local_rank,
            local_size: variable(self.local_size).and_then(|size| size.parse().ok()),
            launcher: self.name,
            variable: self.size,
        })
    }

    fn number(
        &self,
        name: &'static str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<usize, LaunchError> {
        let value = variable(name).ok_or(LaunchError::Missing {
            given: self.size,
            missing: name,
            launcher: self.name,
        })?;
        value.trim().parse().map_err(|_| LaunchError::NotANumber {
            variable: name,
            value,
            launcher: self.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(variables: &[(&str, &str)]) -> Result<Launch, LaunchError> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Launch::read(&|name| variables.get(name).map(|value| (*value).to_owned()))
    }

    fn place(variables: &[(&str, &str)]) -> (usize, usize, usize) {
        let launch = read(variables).unwrap();
        (launch.rank, launch.size, launch.local_rank)
    }

    const MPIRUN: [(&str, &str); 3] = [
        ("OMPI_COMM_WORLD_RANK", "5"),
        ("OMPI_COMM_WORLD_SIZE", "8"),
        ("OMPI_COMM_WORLD_LOCAL_RANK", "1"),
    ];
    const SRUN: [(&str, &str); 4] = [
        ("SLURM_PROCID", "3"),
        ("SLURM_STEP_NUM_TASKS", "4"),
        ("SLURM_NTASKS", "4"),
        ("SLURM_LOCALID", "1"),
    ];

    #[test]
    fn every_launcher_tells_a_process_its_place() {
        assert_eq!(read(&[]), Ok(Launch::ALONE));
        assert_eq!(place(&MPIRUN), (5, 8, 1));
        assert_eq!(place(&SRUN), (3, 4, 1));
        let mpich = [
            ("PMI_RANK", "2"),
            ("PMI_SIZE", "3"),
            ("MPI_LOCALRANKID", "2"),
        ];
        assert_eq!(place(&mpich), (2, 3, 2));
        let torchrun = [("RANK", "9"), ("WORLD_SIZE", "16"), ("LOCAL_RANK", "1")];
        assert_eq!(place(&torchrun), (9, 16, 1));
        // A pod for each rank: every one has the GPUs of its own machine to itself.
        assert_eq!(place(&torchrun[..2]), (9, 16, 0));
    }

    #[test]
    fn mpirun_has_the_last_word_where_slurm_started_it() {
        let both: Vec<_> = SRUN.iter().chain(&MPIRUN).copied().collect();
        assert_eq!(place(&both), (5, 8, 1));
        let pmi2 = [("PMI_RANK", "6"), ("PMI_SIZE", "7")];
        let both: Vec<_> = SRUN.iter().chain(&pmi2).copied().collect();
        assert_eq!(place(&both), (6, 7, 1));
    }

    #[test]
    fn ranks_of_one_machine_are_told_from_those_of_several() {
        let of = |name, value| {
            let variables: Vec<_> = SRUN.iter().copied().chain([(name, value)]).collect();
            read(&variables).unwrap().local_size
        };
        assert_eq!(read(&SRUN).unwrap().local_size, None);
        assert_eq!(of("SLURM_STEP_TASKS_PER_NODE", "4"), Some(4));
        assert_eq!(of("SLURM_STEP_TASKS_PER_NODE", "2(x2)"), None);
        assert_eq!(of("SLURM_STEP_TASKS_PER_NODE", "3,1"), None);
    }

    /// What a batch script starts without srun sees the job's number of tasks, but is one process.
    #[test]
    fn a_batch_script_is_one_process() {
        let script = [
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "4"),
            ("SLURM_LOCALID", "0"),
        ];
        assert_eq!(read(&script), Ok(Launch::ALONE));
    }

    #[test]
    fn what_contradicts_itself_is_refused_by_name() {
        for (variables, words) in [
            (
                vec![("WORLD_SIZE", "2")],
                "WORLD_SIZE is set and RANK is not",
            ),
            (
                vec![("WORLD_SIZE", "two"), ("RANK", "0")],
                "WORLD_SIZE is `two`",
            ),
            (vec![("WORLD_SIZE", "2"), ("RANK", "-1")], "RANK is `-1`"),
            (
                vec![("WORLD_SIZE", "2"), ("RANK", "2")],
                "RANK is 2 and WORLD_SIZE is 2",
            ),
            (vec![("WORLD_SIZE", "0"), ("RANK", "0")], "WORLD_SIZE is 0"),
            (
                vec![("WORLD_SIZE", "2"), ("RANK", "1"), ("LOCAL_RANK", "")],
                "LOCAL_RANK is ``",
            ),
        ] {
            let said = read(&variables).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
