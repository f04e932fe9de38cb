//! Real processes on this machine: the test program, started again as one rank each.

use super::*;
use std::process::{Child, Command, Output, Stdio};

/// What a rank of a test is told.
const ROLE: &str = "MEDREG_TEST_RANK";
/// Far more than a rank takes.
const AMPLE: Duration = Duration::from_secs(60);

/// Not a test: what a rank does, where this program was started as one.
#[test]
fn a_rank() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let words: Vec<&str> = role.split(' ').collect();
    let [rank, size, port, patience] = [0, 1, 2, 3].map(|n| words[n].parse().unwrap());
    let (launch, place) = (launch(rank, size), local(port as u16));
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let patience = Duration::from_secs(patience as u64);
    let code = match Meeting::hold(&launch, &place, patience) {
        Ok(meeting) => take_part(meeting, rank, words[4]),
        Err(error) => {
            eprintln!("{error}");
            2
        }
    };
    std::process::exit(code);
}

fn take_part(mut meeting: Meeting, rank: usize, part: &str) -> i32 {
    let mut word = *if rank == 0 { b"first" } else { b"other" };
    if let Err(error) = meeting.tell(&mut word) {
        eprintln!("{error}");
        return 2;
    }
    let company = meeting.bind();
    eprintln!("rank {rank} heard {}", String::from_utf8_lossy(&word));
    match part {
        "leaves" => company.leave(),
        "aborts" => company.abort(7),
        "is-killed" => std::process::abort(),
        "is-dropped" => {
            drop(company);
            return 3;
        }
        // As one whose GPU waits for another's.
        _ => loop {
            std::thread::park();
        },
    }
    0
}

fn launch(rank: usize, size: usize) -> Launch {
    Launch {
        rank,
        size,
        ..Launch::ALONE
    }
}

fn local(port: u16) -> MeetingPlace {
    MeetingPlace {
        host: "127.0.0.1".to_owned(),
        port,
    }
}

/// A port that nobody listens at.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn start(rank: usize, size: usize, port: u16, patience: u64, part: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "train::parallel::meeting::tests::a_rank"])
        .arg("--nocapture")
        .env(ROLE, format!("{rank} {size} {port} {patience} {part}"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a rank said and its exit code, once it ended; it is not waited for in vain.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let until = Instant::now() + AMPLE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
        }
        std::thread::yield_now();
    }
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

fn run<const N: usize>(parts: [&str; N]) -> [(Option<i32>, String); N] {
    let port = free_port();
    let mut rank = 0;
    let started = parts.map(|part| {
        rank += 1;
        start(rank - 1, N, port, AMPLE.as_secs(), part)
    });
    started.map(ended)
}

#[test]
fn ranks_meet_hear_the_first_one_and_leave() {
    for (rank, (code, said)) in run(["leaves"; 3]).into_iter().enumerate() {
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("rank {rank} heard first")), "{said}");
    }
}

#[test]
fn whichever_rank_ends_and_however_all_end() {
    for (parts, codes, words) in [
        (["stays", "stays", "aborts"], [7, 7, 7], ["", ""]),
        (["aborts", "stays", "stays"], [7, 7, 7], ["", ""]),
        (["stays", "is-dropped", "stays"], [1, 3, 1], ["", ""]),
        (
            ["stays", "stays", "is-killed"],
            [1, 1, -1],
            ["rank 0 ends, because rank 2 is gone", ""],
        ),
        (
            ["is-killed", "stays", "stays"],
            [-1, 1, 1],
            ["", "rank 1 ends, because rank 0 is gone"],
        ),
    ] {
        let ended = run(parts);
        let found = ended.each_ref().map(|(code, _)| code.unwrap_or(-1));
        assert_eq!(found, codes, "{parts:?}: {ended:?}");
        for ((_, said), words) in ended.iter().zip(words) {
            assert!(said.contains(words), "{parts:?}: {said}");
        }
    }
}

#[test]
fn a_rank_of_another_number_of_ranks_is_refused_and_told() {
    let port = free_port();
    let first = start(0, 2, port, AMPLE.as_secs(), "leaves");
    let other = start(3, 4, port, AMPLE.as_secs(), "leaves");
    for (code, said) in [first, other].map(ended) {
        assert_eq!(code, Some(2), "{said}");
        let words = "rank 3 was started as one of 4 and rank 0 as one of 2";
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_rank_comes_once_and_again_only_when_it_was_gone() {
    let port = free_port();
    let first = start(0, 3, port, AMPLE.as_secs(), "leaves");
    let place = local(port);
    // Whoever finds the port: nobody, a stranger, and a rank that is gone before all are there.
    drop(reach(&place, AMPLE).unwrap());
    let mut stranger = reach(&place, AMPLE).unwrap();
    stranger
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut gone = reach(&place, AMPLE).unwrap();
    gone.write_all(&greeting(&launch(1, 3))).unwrap();
    drop(gone);
    let twice = [1, 1].map(|rank| start(rank, 3, port, AMPLE.as_secs(), "leaves"));
    let (code, said) = ended(first);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("rank 1 came twice"), "{said}");
    let said = twice.map(ended).map(|(_, said)| said);
    let heard = |words: &str| said.iter().any(|said| said.contains(words));
    assert!(heard("refused: rank 1 came twice"), "{said:?}");
    assert!(heard("ended before the work began"), "{said:?}");
}

#[test]
fn who_waits_in_vain_says_for_whom_and_where() {
    let place = local(free_port());
    let first = start(0, 3, place.port, 1, "leaves");
    let other = come(&launch(2, 3), &place, AMPLE).unwrap_err();
    assert!(matches!(other, MeetingError::Ended(_)), "{other}");
    let (code, said) = ended(first);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("these did not come: 1;"), "{said}");

    let (code, said) = ended(start(1, 2, free_port(), 1, "leaves"));
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("rank 0 was not reached at 127.0.0.1"),
        "{said}"
    );

    // Somebody else has the port, and answers in a language of its own.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (code, said) = ended(start(0, 2, port, AMPLE.as_secs(), "leaves"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("rank 0 cannot listen at port"), "{said}");
    let child = start(1, 2, port, AMPLE.as_secs(), "leaves");
    let (mut stream, _) = listener.accept().unwrap();
    stream
        .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .unwrap();
    let (code, said) = ended(child);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is not rank 0 of this program"), "{said}");
}
