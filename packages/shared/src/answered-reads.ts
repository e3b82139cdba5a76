/** A member whose etcd answered a linearizable read, and the age of the report that says so. */
export interface AnsweredRead {
  readonly name: string;
  /** At least. */
  readonly ageMs: number;
  /** True if the report is from before the coordinator's start: no clock tells its age. */
  readonly isStored?: boolean;
}

/**
 * What an error says of these reads: who answered and how many seconds ago, and in how many seconds all of them are surely
 * older than `freshForMs`. Pure.
 */
export function readFacts(
  reads: readonly AnsweredRead[],
  freshForMs: number,
): { readonly serving: string; readonly wait: string } {
  const serving = reads.map((read) => `${read.name} (${when(read)})`).join(', ');
  const youngest = Math.min(...reads.map(({ ageMs }) => ageMs));
  return { serving, wait: `${Math.floor((freshForMs - youngest) / 1000) + 1} s` };
}

function when({ ageMs, isStored }: AnsweredRead): string {
  return isStored === true ? 'before the coordinator was started' : `${Math.floor(ageMs / 1000)} s ago`;
}
