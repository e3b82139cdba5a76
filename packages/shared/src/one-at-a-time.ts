/**
 * Makes a queue: it starts each work when the one before has ended, with or without success. The caller gets what its
 * own work resolves or rejects with.
 */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
