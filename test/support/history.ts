/**
 * What one writer did to its key of a cluster and what it saw there, for the question whether an acknowledged write was
 * lost. Times are milliseconds of the machine's monotonic clock, so that histories of several processes can be joined.
 *
 * The writer of a key is its only one, puts one value after another, each greater than the last, and makes each put
 * depend on the revision that it has last seen: a put that was given up can then not take the place of a later one.
 * So whatever goes right, the key's value only rises, and all rules below are comparisons of numbers.
 */
export interface Operation {
  readonly kind: 'put' | 'read';
  readonly key: string;
  /** What was put; what a read has found, 0 where there was nothing. */
  readonly value: number;
  /** The key's revision after a put, or as it was read; 0 where there was nothing or it is not known. */
  readonly revision: number;
  readonly invoked: number;
  /** null: it was never heard of again. */
  readonly returned: number | null;
  /** `failed` has surely not happened; `unknown` may have, or may yet. */
  readonly outcome: 'ok' | 'failed' | 'unknown';
  /** Hex, as etcd prints it; null unless ok. */
  readonly clusterId: string | null;
  readonly endpoint: string;
  /** Why it is not ok. */
  readonly problem: string | null;
}

export type Rule = 'lost' | 'stale' | 'never written' | 'out of order' | 'other cluster';

export interface Finding {
  readonly rule: Rule;
  readonly words: string;
}

/**
 * What cannot be: an acknowledged write that is not in the final state, a linearizable read of something older than was
 * acknowledged or read before it began, a value that nobody put, revisions that contradict the order of values, another
 * cluster ID. `finalState` has a linearizable read of each key, made after all else. Throws where this is no history as
 * described above, or an end is missing.
 */
export function checkHistory(history: readonly Operation[], finalState: readonly Operation[]): readonly Finding[] {
  const keys = new Set(history.map(({ key }) => key));
  const perKey = [...keys].flatMap((key) => {
    const final = finalState.find((operation) => operation.key === key && isAnswer(operation));
    if (final === undefined) throw new Error(`the final state of ${key} is missing`);
    const ofKey = history.filter((operation) => operation.key === key);
    return checkKey(ofKey, final);
  });
  return [...perKey, ...otherClusters([...history, ...finalState])];
}

function checkKey(history: readonly Operation[], final: Operation): Finding[] {
  const puts = history.filter(({ kind }) => kind === 'put').sort(byInvocation);
  refuseManyWriters(puts);
  const answers = [...history, final].filter(isAnswer);
  return [...behindOthers(answers, final), ...neverWritten(answers, puts), ...outOfOrder(answers)];
}

function refuseManyWriters(puts: readonly Operation[]): void {
  for (const [index, put] of puts.entries()) {
    const before = puts[index - 1];
    if (before === undefined) continue;
    const overlaps = before.returned !== null && before.returned > put.invoked;
    if (overlaps || before.value >= put.value) {
      throw new Error(`not of one writer with rising values: ${describe(before)} and ${describe(put)}`);
    }
  }
}

/** An operation that was answered. */
type Answer = Operation & { readonly returned: number };

function isAnswer(operation: Operation): operation is Answer {
  return operation.outcome === 'ok' && operation.returned !== null;
}

/** Reads of something older than what was acknowledged or read before they began. */
function behindOthers(answers: readonly Answer[], final: Operation): Finding[] {
  const known = answers.toSorted((one, other) => one.returned - other.returned);
  const reads = answers.filter(({ kind }) => kind === 'read').sort(byInvocation);
  const findings: Finding[] = [];
  let seen = 0;
  let newest: Answer | undefined;
  for (const read of reads) {
    for (let next = known[seen]; next !== undefined && next.returned < read.invoked; next = known[seen]) {
      if (newest === undefined || next.value > newest.value) newest = next;
      seen += 1;
    }
    if (newest === undefined || read.value >= newest.value) continue;
    const rule = read === final ? 'lost' : 'stale';
    findings.push({ rule, words: `${describe(read)}, though before it: ${describe(newest)}` });
  }
  return findings;
}

/** Reads of what had not been put, or not yet, or in vain. */
function neverWritten(answers: readonly Answer[], puts: readonly Operation[]): Finding[] {
  const byValue = new Map(puts.map((put) => [put.value, put]));
  return answers
    .filter(({ kind, value }) => kind === 'read' && value !== 0)
    .filter((read) => {
      const put = byValue.get(read.value);
      return put === undefined || put.outcome === 'failed' || put.invoked > read.returned;
    })
    .map((read) => ({ rule: 'never written', words: describe(read) }));
}

/** A key's revision rises with each of its values, and only with them. */
function outOfOrder(answers: readonly Answer[]): Finding[] {
  const sorted = answers.toSorted((one, other) => one.value - other.value || one.revision - other.revision);
  return sorted.flatMap((answer, index) => {
    const before = sorted[index - 1];
    if (before === undefined) return [];
    const fits =
      before.value === answer.value ? before.revision === answer.revision : before.revision < answer.revision;
    return fits ? [] : [{ rule: 'out of order', words: `${describe(before)} and ${describe(answer)}` } as const];
  });
}

function otherClusters(history: readonly Operation[]): Finding[] {
  const answers = history.filter(isAnswer).sort(byInvocation);
  const [first] = answers;
  const firstOfEach = new Map(answers.toReversed().map((answer) => [answer.clusterId, answer]));
  return [...firstOfEach.values()]
    .filter(({ clusterId }) => clusterId !== first?.clusterId)
    .map((answer) => ({
      rule: 'other cluster',
      words: `${answer.clusterId} instead of ${first?.clusterId}: ${describe(answer)}`,
    }));
}

/**
 * The longest time in milliseconds without an acknowledged put, from the first one on, to `end` if it is given and to the
 * last one otherwise; 0 where there are fewer than two of these moments.
 */
export function longestGap(history: readonly Operation[], end?: number): number {
  const moments = history
    .filter((operation) => operation.kind === 'put')
    .filter(isAnswer)
    .map(({ returned }) => returned)
    .sort((one, other) => one - other);
  if (end !== undefined && moments.length > 0) moments.push(end);
  return Math.max(0, ...moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment)));
}

/** One line for a person. */
export function describe(operation: Operation): string {
  const { kind, key, value, revision, invoked, returned, outcome, endpoint, problem } = operation;
  const what = kind === 'put' || outcome === 'ok' ? `${kind} of ${key} = ${value}` : `${kind} of ${key}`;
  const when = returned === null ? `at ${invoked.toFixed(1)}` : `at ${invoked.toFixed(1)} to ${returned.toFixed(1)} ms`;
  const how = outcome === 'ok' ? `ok, revision ${revision}` : `${outcome}${problem === null ? '' : ` (${problem})`}`;
  return `${what} ${when} through ${endpoint}: ${how}`;
}

/** All of it in the order of invocation, a line each. */
export function printHistory(history: readonly Operation[]): string {
  return history.toSorted(byInvocation).map(describe).join('\n');
}

function byInvocation(one: Operation, other: Operation): number {
  return one.invoked - other.invoked;
}
