/** Every limit in time of the traffic with the API. An object, so that tests can have shorter ones. */
export const limits = {
  /** One attempt, in ms. The platform answers within its budget of 30 s; what takes longer is lost. */
  attemptMs: 35_000,
  /** Attempts of a read, the first included: somebody waits before an empty page. */
  readAttempts: 4,
  /** The longest wait before a read is repeated, in ms. A longer `Retry-After` is told to the person instead. */
  readWaitMs: 10_000,
  /** How long a write is repeated, in ms, while the browser says that it is online. */
  writeMs: 60_000,
  /** How long a write waits for a browser that is offline, in ms. */
  offlineMs: 600_000,
  /** The wait before the first repeat, in ms; it doubles with each, and a random part of its half is taken off. */
  firstWaitMs: 300,
  /** The longest wait that is not asked for by `Retry-After`, in ms. */
  longestWaitMs: 5_000,
  /** How long the first event of a job may take before its state is asked for by long polls, in ms. */
  firstEventMs: 10_000,
  /** How long a stream of events may be silent, in ms. The platform sends a sign of life each 15 s. */
  silenceMs: 35_000,
  /** How long one poll of a job waits at the platform, in seconds. */
  pollSeconds: 20,
  /** How long a job is asked for without an answer, in ms, before its follower is told. */
  followMs: 60_000,
  /** For how long a deletion can be undone, in ms. */
  undoMs: 6_000,
};
