const last = new Map<string, Promise<unknown>>();

/** Does `work` after all that was asked for earlier under the same name: two writes of one thing never overtake each other. */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = last.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  last.set(name, mine);
  const done = () => {
    if (last.get(name) === mine) last.delete(name);
  };
  mine.then(done, done);
  return mine;
}
