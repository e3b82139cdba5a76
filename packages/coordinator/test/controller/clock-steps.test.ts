import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { afterClockStep, afterStart } from '../../src/controller/clock-steps.ts';
import type { FixedInstant, Instant } from '../../src/model/instant.ts';
import { type InstantsIn, withInstants } from '../../src/model/instants-in.ts';
import { type ClusterProgress, emptyProgress } from '../../src/model/progress.ts';

const why = reason('paused_already');
const settings = { revision: 1, tuning: {}, metricsPort: 2381 } as ClusterProgress['configuration']['settled'] & object;
const source = { snapshot: 's1', takenAt: 7, sizeBytes: 7, sha256: 'a' };
const mutation = { kind: 'promote', member: 'm', memberId: 'a1' } as const;

/** A progress in which each wait counts from this instant, and people see the instant 7. */
function everything(at: Instant): ClusterProgress {
  return {
    ...emptyProgress,
    quarantined: [{ nodeId: 'n', name: 'm', since: at, reason: why }],
    formation: { member: 'm', incarnation: 'i', token: 't', startedAt: at, clusterId: 'c', from: source },
    formations: 7,
    restore: source,
    snapshots: {
      task: { id: 's', executor: 'm', why, issuedAt: at, withoutQuorum: { appliedIndex: 7 } },
      last: { id: 's', takenAt: 7, storedAt: at },
      failure: { id: 's', executor: 'm', at, count: 7, reason: why },
      rescue: { id: 's', by: 'm', appliedIndex: 7 },
      rescueFailure: { id: 's', executor: 'm', at, reason: why },
    },
    configuration: {
      settled: settings,
      rolledOut: { m: settings },
      trial: { member: 'm', before: settings, since: at },
      stopped: { configuration: settings, member: 'm', reason: why, at: 7 },
      paused: true,
      given: {},
    },
    authentication: {
      task: { id: 'a', executor: 'm', issuedAt: at, enable: true, clients: ['m'] },
      failure: { id: 'a', at: 7, reason: why },
    },
    leaderMove: { id: 'l', member: 'm', executor: 'n', memberId: 'a1', issuedAt: at },
    handedOver: { from: null, to: 'a1', at },
    corruption: {
      since: 7,
      comparing: { id: 'c', issuedAt: at, revision: 7, members: ['m'] },
      found: {
        finding: 'undecided',
        agreeing: [],
        differing: [],
        revision: 7,
        voters: [],
        hashes: [],
        unheard: [],
        at,
      },
      undecided: 7,
      named: [],
      disarming: { id: 'c', executor: 'm', issuedAt: at },
      failure: { executor: 'm', at },
    },
    maintenance: {
      task: { id: 't', kind: 'compact', executor: 'm', issuedAt: at, revision: 7 },
      asked: { compact: 'm' },
      noSpace: { since: at, compacted: { at, revision: 7 }, defragmented: ['m'] },
      failure: { member: 'm', at, count: 7, reason: why, of: 'task' },
      defragmentedAt: { m: at, constructor: at },
      recoveries: [at, at],
    },
    members: {
      each: { incarnation: 'i', phase: 'voter', memberId: 'a1', since: at, caughtUp: true, unfit: null },
      m: {
        incarnation: 'i',
        phase: 'learner',
        memberId: 'a1',
        since: at,
        caughtUp: true,
        promotionSince: at,
        unfit: { since: at, reason: why },
      },
    },
    listedAsOf: { a1: 7 },
    assignment: { id: 'o', mutation, executor: 'm', issuedAt: at, since: at },
    withdrawn: [{ mutation, at }],
    stalls: { m: { at, count: 7, reason: why } },
    permit: { id: 'p', member: 'm', issuedAt: at, withdrawnAt: at, generation: 7 },
    lapses: { m: at },
  };
}

t.test('R2: each wait keeps the time that it had left when the clock is set', (t) => {
  t.strictSame(afterClockStep(everything(50_000), 3_000), everything(53_000));
  t.strictSame(afterClockStep(everything(50_000), -3_000), everything(47_000));
  t.end();
});

t.test('R2: after a start a permit and a trial begin again, and nothing begins in the future', (t) => {
  /** What the coordinator that has just started says of how long ago something began. */
  const begun = (before: Instant, at: Instant) => {
    const { permit, configuration, snapshots, leaderMove, withdrawn, ...rest } = everything(before);
    return {
      ...rest,
      permit: permit && { ...permit, issuedAt: at, withdrawnAt: at },
      configuration: { ...configuration, trial: configuration.trial && { ...configuration.trial, since: at } },
      snapshots: { ...snapshots, last: { id: 's', takenAt: 7 } },
      leaderMove: leaderMove && { ...leaderMove, issuedAt: at },
      withdrawn: withdrawn.map((one) => ({ ...one, at })),
    };
  };
  t.strictSame(afterStart(everything(50_000), 60_000), begun(50_000, 60_000));
  t.strictSame(afterStart(everything(50_000), 40_000), begun(40_000, 40_000));
  t.end();
});

t.test('what has no instant stays the very object that it was, which some compare by identity', (t) => {
  interface Part {
    readonly lasting: Readonly<Record<string, { readonly since: Instant }>>;
    readonly other: { readonly seen: readonly Instant[] };
  }
  const places: InstantsIn<Part> = { lasting: { each: { since: true } }, other: { seen: { each: true } } };
  const later = (at: Instant) => at + 1;
  const nothing: Part = { lasting: {}, other: { seen: [] } };
  t.equal(withInstants(nothing, places, later), nothing);
  t.equal(withInstants({ ...nothing, lasting: { hot: { since: 7 } } }, places, later).other, nothing.other);
  t.end();
});

t.test('a forgotten instant does not compile', (t) => {
  interface Part {
    readonly task: { readonly issuedAt: Instant; readonly shownAt: FixedInstant; readonly why: typeof why } | null;
    readonly seen: readonly { readonly at?: Instant }[];
    readonly change: { readonly at: Instant } | { readonly since: Instant };
  }
  const listed: InstantsIn<Part> = {
    task: { issuedAt: true },
    seen: { each: { at: true } },
    change: { at: true, since: true },
  };
  // @ts-expect-error a field has another instant
  const forgotten: InstantsIn<Part & { readonly lapses: Readonly<Record<string, Instant>> }> = listed;
  // @ts-expect-error the instants of a list are not named
  const withoutList: InstantsIn<Part> = { task: listed.task, change: listed.change };
  // @ts-expect-error an alternative has another instant
  const withoutOther: InstantsIn<Part> = { ...listed, change: { at: true } };
  // @ts-expect-error people see this one
  const withFixed: InstantsIn<Part> = { ...listed, task: { issuedAt: true, shownAt: true } };
  t.equal([forgotten, withoutList, withoutOther, withFixed].length, 4);
  t.end();
});
