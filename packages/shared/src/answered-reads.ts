/** A member whose etcd answered a linearizable read, and the age of the report that says so. */
export interface AnsweredRead {
  readonly name: string;
  readonly ageMs: number;
}

/**
 * What an error says of these reads: who answered and how many seconds ago, and in how many seconds all of them are older
 * than `freshForMs`. Pure.
 */
export function readFacts(
  reads: readonly AnsweredRead[],
  freshForMs: number,
): { readonly serving: string; readonly wait: string } {
  const serving = reads.map(({ name, ageMs }) => `${name} (${Math.floor(ageMs / 1000)} s ago)`).join(', ');
  const youngest = Math.min(...reads.map(({ ageMs }) => ageMs));
  return { serving, wait: `${Math.floor((freshForMs - youngest) / 1000) + 1} s` };
}
