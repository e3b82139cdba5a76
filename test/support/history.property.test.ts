import fc from 'fast-check';
import t from 'tap';
import { checkHistory, type Operation } from './history.ts';

/** How a put goes: answered; applied, but its answer lost; applied so many puts later, if then it still fits; lost. */
const fate = fc.oneof(
  { weight: 4, arbitrary: fc.constant('answered' as const) },
  fc.constantFrom('answer lost' as const, 'request lost' as const),
  fc.record({ late: fc.integer({ min: 0, max: 5 }) }),
);
const puts = fc.array(fc.record({ fate, at: fc.integer({ min: 1, max: 8 }) }), { minLength: 1, maxLength: 30 });
const reads = fc.array(fc.record({ from: fc.integer({ min: 0, max: 300 }), before: fc.nat(15), after: fc.nat(15) }), {
  maxLength: 40,
});

type Put = typeof puts extends fc.Arbitrary<(infer One)[]> ? One : never;
type Read = typeof reads extends fc.Arbitrary<(infer One)[]> ? One : never;

/** What a writer sees of an etcd that is as it should be, or that falls back to nothing at the moment `wiped`. */
function play(allPuts: readonly Put[], allReads: readonly Read[], wiped?: number) {
  const plain = { key: 'k', clusterId: 'abc', endpoint: 'e', problem: null } as const;
  const empty = { value: 0, revision: 0 };
  let now = empty;
  let revision = 1;
  let last = { outcome: 'unknown' as Operation['outcome'], revision: 0 };
  const history: Operation[] = [];
  const events: [time: number, happen: () => void][] = [];

  for (const [index, { fate, at }] of allPuts.entries()) {
    const [invoked, returned, value] = [10 * index, 10 * index + 9, index + 1];
    const reached =
      fate === 'request lost' ? undefined : invoked + at + (typeof fate === 'object' ? 10 * fate.late + 9 : 0);
    let known = 0;
    let applied: number | undefined;
    events.push([
      invoked - 0.2,
      () => {
        known = last.revision;
        if (last.outcome === 'ok') return;
        known = now.revision;
        history.push({
          ...plain,
          kind: 'read',
          ...now,
          invoked: invoked - 0.3,
          returned: invoked - 0.1,
          outcome: 'ok',
        });
      },
    ]);
    if (reached !== undefined) {
      events.push([
        reached + 0.5,
        () => {
          if (now.revision !== known) return;
          revision += 1;
          applied = revision;
          now = { value, revision };
        },
      ]);
    }
    events.push([
      returned,
      () => {
        const ok = fate === 'answered' && applied !== undefined;
        last = { outcome: ok ? 'ok' : 'unknown', revision: applied ?? 0 };
        history.push({ ...plain, kind: 'put', value, invoked, returned, ...last });
      },
    ]);
  }
  for (const { from, before, after } of allReads) {
    const [invoked, returned] = [from, from + before + after + 1];
    events.push([
      from + before + 0.6,
      () => history.push({ ...plain, kind: 'read', ...now, invoked, returned, outcome: 'ok' }),
    ]);
  }
  if (wiped !== undefined) events.push([wiped + 0.7, () => (now = empty)]);
  for (const [, happen] of events.sort(([one], [other]) => one - other)) happen();
  const final = { ...plain, kind: 'read', ...now, invoked: 1000, returned: 1001, outcome: 'ok' } as const;
  return { history, final };
}

t.test('whatever answers get lost and whatever comes late: a sound etcd is never accused', async () => {
  fc.assert(
    fc.property(puts, reads, (somePuts, someReads) => {
      const { history, final } = play(somePuts, someReads);
      return checkHistory(history, [final]).length === 0;
    }),
    { numRuns: 500 },
  );
});

t.test(
  'an etcd that loses what it had acknowledged is always found out, also when the writer has gone on',
  async () => {
    fc.assert(
      fc.property(puts, reads, fc.nat(300), (somePuts, someReads, wiped) => {
        const { history, final } = play(somePuts, someReads, wiped);
        const loses = history.some(({ kind, outcome, returned }) => {
          return kind === 'put' && outcome === 'ok' && returned !== null && returned < wiped;
        });
        return !loses || checkHistory(history, [final]).length > 0;
      }),
      { numRuns: 500 },
    );
  },
);
