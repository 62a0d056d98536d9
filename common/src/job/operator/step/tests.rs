use super::*;
use crate::wire::{Class, encode_job, encode_request};

fn root() -> Root {
    "uptake".parse().unwrap()
}

fn letter(class: Class) -> DeadLetter {
    DeadLetter {
        cause: DeadCause::AttemptsFailed,
        class,
        service: "users".to_owned(),
        stream: "uptake-job-users".to_owned(),
        sequence: 7,
        attempts: 5,
        lost: 0,
        job: Some(JobId::from_bits(1)),
        run: Some(2),
        tenant: "t".to_owned(),
        keyed: true,
        status: Some(500),
        error: None,
        worker: "w".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        request_id: "r".to_owned(),
        traceparent: None,
        method: "POST".to_owned(),
        target: "/users?a=b".to_owned(),
        left_out: vec!["cookie".to_owned()],
    }
}

fn request(method: &str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri("/users?a=b").header("content-type", "text/plain");
    request.body(Bytes::from_static(b"body")).unwrap()
}

fn stored(message: &crate::wire::Message) -> Original {
    Original::new(&message.subject, &message.headers, message.payload.clone())
}

fn job_message() -> Original {
    let (envelope, id) = (Envelope::default(), JobId::from_bits(1));
    let reply = Some("uptake.reply.proxy.a.b");
    stored(&encode_job(&root(), &request("POST"), &envelope, reply, &id, 2).unwrap())
}

fn call_message(method: &str) -> Original {
    let budget = std::time::Duration::from_secs(1);
    let (request, reply) = (request(method), "uptake.reply.proxy.a.b");
    stored(&encode_request(&root(), &request, &Envelope::default(), reply, budget).unwrap())
}

fn plan() -> Plan {
    Plan::of_job(&root(), &letter(Class::Job), job_message()).unwrap()
}

fn record(state: JobState, run: u32, sequence: Option<u64>) -> Record {
    let Step::Create(record) = plan().step(None) else { panic!("a record is made where there is none") };
    Record { state, run, sequence, attempts: 3, finished: Some(Timestamp::UNIX_EPOCH), ..record }
}

#[test]
fn a_record_that_has_lapsed_is_made_anew_so_that_a_repeat_of_the_key_finds_it() {
    let Step::Create(record) = plan().step(None) else { panic!("no record is made") };
    assert_eq!((record.id, record.run, record.state), (JobId::from_bits(1), 3, JobState::Accepted));
    assert_eq!((record.tenant.as_str(), record.keyed), ("t", true));
    assert_eq!((record.method.as_str(), record.target.as_str()), ("POST", "/users?a=b"));
    assert_eq!(record.fingerprint, fingerprint(&request("POST")), "as of the client's own request");
}

#[test]
fn a_job_at_its_end_is_led_to_its_next_run() {
    for state in [JobState::Failed, JobState::Dead] {
        let Step::Reopen(record) = plan().step(Some(&record(state, 2, Some(7)))) else {
            panic!("{state:?} is not led on")
        };
        assert_eq!((record.state, record.run, record.attempts), (JobState::Accepted, 3, 0));
        assert_eq!((record.sequence, record.finished), (None, None));
    }
}

#[test]
fn a_redrive_that_was_interrupted_goes_on_where_it_was() {
    assert!(matches!(plan().step(Some(&record(JobState::Accepted, 3, None))), Step::Touch(_)));
    for (state, run, sequence) in [
        (JobState::Accepted, 3, Some(8)),
        (JobState::Running, 3, Some(8)),
        (JobState::Done, 3, Some(8)),
        (JobState::Failed, 3, Some(8)),
        (JobState::Cancelled, 3, None),
        (JobState::Accepted, 4, None),
    ] {
        let step = plan().step(Some(&record(state, run, sequence)));
        assert!(matches!(step, Step::Done), "{state:?} {run}: {step:?}");
    }
}

#[test]
fn a_job_that_is_elsewhere_is_left_alone() {
    for (state, run) in [
        (JobState::Done, 2),
        (JobState::Cancelled, 2),
        (JobState::Running, 2),
        (JobState::Accepted, 2),
        (JobState::Failed, 1),
    ] {
        let step = plan().step(Some(&record(state, run, None)));
        assert!(matches!(step, Step::Refuse(Refusal::JobMoved { .. })), "{state:?} {run}: {step:?}");
    }
}

#[test]
fn a_call_becomes_the_first_run_of_a_job() {
    let letter = DeadLetter { job: None, run: None, ..letter(Class::Call) };
    let plan_of = |method| {
        let (id, secret) = (JobId::from_bits(9), Secret::new(b"secret"));
        Plan::of_call(&root(), &letter, call_message(method), id, &secret)
    };
    let plan = plan_of("POST").unwrap();
    assert_eq!((plan.id.clone(), plan.run, plan.tenant.as_str()), (JobId::from_bits(9), 1, ""));
    assert!(matches!(plan.step(None), Step::Create(_)));
    assert_eq!(plan_of("GET").unwrap_err(), Refusal::SafeCall(Method::GET));
}

#[test]
fn what_cannot_be_run_is_refused() {
    let plan_of = |letter: &DeadLetter, message| Plan::of_job(&root(), letter, message).unwrap_err();
    let undecodable = DeadLetter { cause: DeadCause::Undecodable, ..letter(Class::Job) };
    assert_eq!(plan_of(&undecodable, job_message()), Refusal::Undecodable);
    let no_body = DeadLetter { left_out: vec!["(body)".to_owned()], ..letter(Class::Job) };
    assert_eq!(plan_of(&no_body, job_message()), Refusal::NoBody);
    let foreign = Original { headers: Vec::new(), ..job_message() };
    assert_eq!(plan_of(&letter(Class::Job), foreign), Refusal::Undecodable);
}
