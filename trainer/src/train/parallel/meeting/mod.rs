//! Where ranks meet that MPI does not connect: rank 0 listens, the others come to it. The connections stay, so that one that ends also
//! ends the others: no launcher need watch over them, and a GPU would wait for its neighbour for ever.

mod company;
mod place;

pub use company::Company;
pub use place::MeetingPlace;

use super::Launch;
use socket2::{SockRef, TcpKeepalive};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Result as Io, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// What a rank says first.
const GREETING: &[u8; 8] = b"medreg 1";
/// How long one that came may take to say it.
const GREETED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks at whether another one has come or can be reached.
const PAUSE: Duration = Duration::from_millis(20);

/// Rank 0's answers: all are there; or why not, in two bytes of length and a text.
const WELCOME: u8 = 1;
const REFUSED: u8 = 2;

/// Why ranks do not meet.
#[derive(Debug, thiserror::Error)]
pub enum MeetingError {
    /// Nobody says where.
    #[error(
        "{launcher} started {size} processes, and where their rank 0 is was not said: set MASTER_ADDR to the name or address of its machine for all of them, and MASTER_PORT to a free port there ({port} unless it is set)",
        port = MeetingPlace::PORT
    )]
    Nowhere {
        /// What started them.
        launcher: &'static str,
        /// How many.
        size: usize,
    },
    /// The port is not one.
    #[error("MASTER_PORT is `{0}`: a port from 1 to 65535 is expected")]
    Port(String),
    /// The port is in use, or may not be used.
    #[error(
        "rank 0 cannot listen at port {port}: {reason}; set MASTER_PORT to a free port for all ranks (torchrun uses the one that it sets: have it start `env MASTER_PORT=… medreg-trainer …`)"
    )]
    Taken {
        /// The port.
        port: u16,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Some did not come.
    #[error(
        "rank 0 waited at port {port} for {seconds} s, and of {size} ranks these did not come: {}; start all of them with the same MASTER_ADDR, MASTER_PORT and --device",
        listed(.missing)
    )]
    Incomplete {
        /// Where it waited.
        port: u16,
        /// How long.
        seconds: u64,
        /// How many there should be.
        size: usize,
        /// Which were not there.
        missing: Vec<usize>,
    },
    /// Rank 0 is not there.
    #[error(
        "rank 0 was not reached at {place} for {seconds} s: {reason}; start it too, with the same --device, and set MASTER_ADDR and MASTER_PORT to where it is"
    )]
    Unreached {
        /// Where it was looked for.
        place: MeetingPlace,
        /// How long.
        seconds: u64,
        /// What the system says of the last try.
        reason: std::io::Error,
    },
    /// One counts otherwise.
    #[error(
        "rank {rank} was started as one of {theirs} and rank 0 as one of {size}: start all of them at once, and give each run a MASTER_PORT of its own"
    )]
    OtherSize {
        /// The rank.
        rank: usize,
        /// How many it was told there are.
        theirs: usize,
        /// How many rank 0 was told.
        size: usize,
    },
    /// Two say that they are the same.
    #[error(
        "rank {0} came twice: start each rank once, and give each run a MASTER_PORT of its own"
    )]
    Twice(usize),
    /// Rank 0 does not want this one.
    #[error("rank 0 at {place} refused: {reason}")]
    Refused {
        /// Where it is.
        place: MeetingPlace,
        /// What it said.
        reason: String,
    },
    /// The connection ended.
    #[error(
        "rank 0 at {0} ended before the work began, and says itself why; or another program listens there: then set MASTER_PORT to a free port for all ranks"
    )]
    Ended(MeetingPlace),
    /// Another rank ended.
    #[error("rank {0} ended before the work began, and says itself why")]
    Lost(usize),
    /// What answers is something else.
    #[error(
        "what listens at {0} is not rank 0 of this program: set MASTER_PORT to a free port for all ranks"
    )]
    Stranger(MeetingPlace),
}

fn listed(ranks: &[usize]) -> String {
    let ranks: Vec<String> = ranks.iter().map(usize::to_string).collect();
    ranks.join(", ")
}

/// Ranks that have met: rank 0 is connected to each other one.
#[derive(Debug)]
pub struct Meeting {
    place: MeetingPlace,
    rank: usize,
    others: BTreeMap<usize, TcpStream>,
}

impl Meeting {
    /// Waits until all are there, or for so long in vain.
    pub fn hold(
        launch: &Launch,
        place: &MeetingPlace,
        patience: Duration,
    ) -> Result<Self, MeetingError> {
        let others = match launch.rank {
            0 => Host::open(launch, place)?.welcome(patience)?,
            _ => BTreeMap::from([(0, come(launch, place, patience)?)]),
        };
        for stream in others.values() {
            // What cannot be set makes the end of a machine known later, and no more.
            let _ = (stream.set_nodelay(true), stream.set_read_timeout(None));
            let _ = SockRef::from(stream).set_tcp_keepalive(&ALIVE);
        }
        Ok(Self {
            place: place.clone(),
            rank: launch.rank,
            others,
        })
    }

    /// Puts rank 0's bytes in the place of the others'. All give equally many, and few.
    pub fn tell(&mut self, bytes: &mut [u8]) -> Result<(), MeetingError> {
        let ended = |_| MeetingError::Ended(self.place.clone());
        for (rank, stream) in &mut self.others {
            let told = match self.rank {
                0 => stream
                    .write_all(bytes)
                    .map_err(|_| MeetingError::Lost(*rank)),
                _ => stream.read_exact(bytes).map_err(ended),
            };
            told?;
        }
        Ok(())
    }

    /// From now on the end of one is the end of all.
    #[must_use]
    pub fn bind(self) -> Company {
        Company::of(self.rank, self.others)
    }
}

/// A machine that is gone says nothing; it is noticed after about a minute.
const ALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(30))
    .with_interval(Duration::from_secs(5));

/// Rank 0 while it waits.
struct Host<'a> {
    launch: &'a Launch,
    port: u16,
    listener: TcpListener,
    come: BTreeMap<usize, TcpStream>,
}

impl<'a> Host<'a> {
    fn open(launch: &'a Launch, place: &MeetingPlace) -> Result<Self, MeetingError> {
        let port = place.port;
        let taken = |reason| MeetingError::Taken { port, reason };
        let everywhere = [
            IpAddr::from(Ipv6Addr::UNSPECIFIED),
            Ipv4Addr::UNSPECIFIED.into(),
        ];
        let own = place.host.parse().ok().filter(IpAddr::is_loopback);
        let addresses = own.map_or(everywhere.to_vec(), |address| vec![address]);
        let addresses: Vec<SocketAddr> = addresses.into_iter().map(|a| (a, port).into()).collect();
        let listener = TcpListener::bind(&addresses[..]).map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        Ok(Self {
            launch,
            port,
            listener,
            come: BTreeMap::new(),
        })
    }

    /// The others, once all have come.
    fn welcome(mut self, patience: Duration) -> Result<BTreeMap<usize, TcpStream>, MeetingError> {
        let until = Instant::now() + patience;
        while self.come.len() + 1 < self.launch.size {
            match self.listener.accept() {
                Ok((stream, _)) => self.greet(stream)?,
                // Whatever it is, it may pass; and one that came may be gone again.
                Err(_) if Instant::now() < until => std::thread::sleep(PAUSE),
                Err(_) => return Err(self.incomplete(patience)),
            }
        }
        for (rank, stream) in &mut self.come {
            let welcomed = stream.write_all(&[WELCOME]);
            welcomed.map_err(|_| MeetingError::Lost(*rank))?;
        }
        Ok(self.come)
    }

    /// Takes in one that came, if it is a rank: whoever finds the port may come.
    fn greet(&mut self, mut stream: TcpStream) -> Result<(), MeetingError> {
        let Ok([rank, theirs]) = heard(&mut stream) else {
            return Ok(());
        };
        let size = self.launch.size;
        let refused = if theirs != size {
            MeetingError::OtherSize { rank, theirs, size }
        } else if rank == 0
            || self
                .come
                .get(&rank)
                .is_some_and(|earlier| !is_gone(earlier))
        {
            MeetingError::Twice(rank)
        } else {
            self.come.insert(rank, stream);
            return Ok(());
        };
        // One that does not hear it hears that the connection ends.
        let _ = refuse(&mut stream, &refused);
        Err(refused)
    }

    fn incomplete(&self, patience: Duration) -> MeetingError {
        let missing = (1..self.launch.size).filter(|rank| !self.come.contains_key(rank));
        MeetingError::Incomplete {
            port: self.port,
            seconds: patience.as_secs(),
            size: self.launch.size,
            missing: missing.collect(),
        }
    }
}

/// Rank and number of ranks of one that came.
fn heard(stream: &mut TcpStream) -> Io<[usize; 2]> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(GREETED_WITHIN))?;
    let (mut greeting, mut numbers) = ([0; GREETING.len()], [0; 8]);
    stream.read_exact(&mut greeting)?;
    if greeting != *GREETING {
        return Err(ErrorKind::InvalidData.into());
    }
    stream.read_exact(&mut numbers)?;
    let numbers = u64::from_le_bytes(numbers);
    Ok([numbers >> 32, numbers & u64::from(u32::MAX)].map(|n| n as usize))
}

fn greeting(launch: &Launch) -> [u8; 16] {
    let numbers = ((launch.rank as u64) << 32) | launch.size as u64;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(GREETING);
    bytes[8..].copy_from_slice(&numbers.to_le_bytes());
    bytes
}

fn refuse(stream: &mut TcpStream, reason: &MeetingError) -> Io<()> {
    let text = reason.to_string();
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    stream.write_all(&[REFUSED])?;
    stream.write_all(&length.to_le_bytes())?;
    stream.write_all(&text.as_bytes()[..usize::from(length)])
}

/// Whether the other end of a connection that says nothing was closed.
fn is_gone(stream: &TcpStream) -> bool {
    let said = stream
        .set_nonblocking(true)
        .and_then(|()| stream.peek(&mut [0]));
    let _ = stream.set_nonblocking(false);
    !matches!(said, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Goes to rank 0 and waits there for the others.
fn come(
    launch: &Launch,
    place: &MeetingPlace,
    patience: Duration,
) -> Result<TcpStream, MeetingError> {
    let ended = |_| MeetingError::Ended(place.clone());
    let mut stream = reach(place, patience)?;
    // Rank 0 gives up first, and then says who is missing.
    let waits = patience + GREETED_WITHIN;
    stream.set_read_timeout(Some(waits)).map_err(ended)?;
    stream.write_all(&greeting(launch)).map_err(ended)?;
    let mut answer = [0];
    stream.read_exact(&mut answer).map_err(ended)?;
    match answer {
        [WELCOME] => Ok(stream),
        [REFUSED] => Err(MeetingError::Refused {
            place: place.clone(),
            reason: text(&mut stream).map_err(ended)?,
        }),
        _ => Err(MeetingError::Stranger(place.clone())),
    }
}

fn text(stream: &mut TcpStream) -> Io<String> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut text = vec![0; usize::from(u16::from_le_bytes(length))];
    stream.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Connects as soon as somebody listens; the name itself may come to be known later, that of a pod say.
fn reach(place: &MeetingPlace, patience: Duration) -> Result<TcpStream, MeetingError> {
    let until = Instant::now() + patience;
    loop {
        match TcpStream::connect((&*place.host, place.port)) {
            Ok(stream) => return Ok(stream),
            Err(_) if Instant::now() < until => std::thread::sleep(PAUSE),
            Err(reason) => {
                return Err(MeetingError::Unreached {
                    place: place.clone(),
                    seconds: patience.as_secs(),
                    reason,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
