/**
 * Makes a queue. It starts each work after the one before has ended, with or without success. The caller gets the result or
 * the error of its own work.
 */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
