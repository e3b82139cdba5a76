import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { freshMemory, keepMemory, type Observation, remember } from '../../src/loop/memory.ts';
import { noPauses } from '../../src/loop/pauses.ts';
import type { CurrentState } from '../../src/model/model.ts';
import { accepted, asDesired, blank, desired, hour, now } from '../reconcile/samples.ts';

const fresh = freshMemory({ accepted: null, startedAt: now, began: 1000, unnoted: null });
const after = (observations: readonly Observation[], before = fresh) => observations.reduce(remember, before);
const looked = (current: CurrentState): Observation => ({ kind: 'looked', current, accepted: accepted() });
const time = (at: number, rough: boolean, undated = {}): Observation => ({
  kind: 'time',
  time: { at, monotonic: 2000, ...undated },
  rough,
});
const start = { kind: 'start-etcd', incarnation: 'a', restartKey: 'k', confKey: 'c' } as const;
const acted = (seen: CurrentState, failed: string | null = null): Observation => ({
  kind: 'acted',
  seen,
  applied:
    failed === null
      ? { done: [start], failed: null }
      : { done: [], failed: { step: { kind: 'prove-credential', purpose: 'peer' }, error: new Error(failed) } },
  at: 5000,
  random: 1,
});
const crashed = blank({ service: { kind: 'crashed', restarts: 0, how: 'exit status 1' } });

t.test('the memory before an observation stays unchanged', async (t) => {
  const before = after([{ kind: 'accepted', document: desired(), etag: 'e', requestedAt: 1 }]);
  const copy = structuredClone(before);
  after([{ kind: 'unchanged', requestedAt: 9 }, looked(asDesired()), acted(crashed)], before);
  t.strictSame(before, copy);
});

t.test('an accepted desired state ends refusals and pauses', async (t) => {
  const before = after([acted(crashed), acted(crashed), { kind: 'refused', etag: 'x', why: said('older') }]);
  t.equal(before.pauses.start.failures, 2);
  const document = desired();
  const { accepted, etag, refusal, pauses } = after(
    [{ kind: 'accepted', document, etag: 'e', requestedAt: 7 }],
    before,
  );
  t.strictSame({ accepted, etag }, { accepted: { document, requestedAt: 7 }, etag: { value: 'e', accepted: true } });
  t.strictSame({ refusal, pauses }, { refusal: null, pauses: noPauses });
});

t.test('R2: "unchanged" renews the leases of an accepted answer only', async (t) => {
  const taken: Observation = { kind: 'accepted', document: desired(), etag: 'e', requestedAt: 7 };
  const unchanged: Observation = { kind: 'unchanged', requestedAt: 90 };
  t.equal(after([taken, unchanged]).accepted?.requestedAt, 90);
  t.equal(after([taken, { kind: 'refused', etag: 'x', why: said('older') }, unchanged]).accepted?.requestedAt, 7);
  t.equal(after([unchanged], { ...fresh, accepted: accepted({}, null) }).accepted?.requestedAt, null, 'one from disk');
});

t.test('R5: after a refused or unstored answer, the former one stays in force', async (t) => {
  const taken: Observation = { kind: 'accepted', document: desired(), etag: 'e', requestedAt: 7 };
  for (const refusal of [
    { kind: 'refused', etag: 'x', why: said('older') },
    { kind: 'not-kept', why: said('older') },
  ] as const) {
    const memory = after([taken, refusal]);
    t.strictSame(memory.refusal, said('older'));
    t.equal(memory.accepted?.requestedAt, 7);
  }
});

t.test('R14: a rough time replaces no better one', async (t) => {
  const at = (observations: readonly Observation[]) => after(observations).coordinatorTime?.at;
  t.equal(at([time(1, true)]), 1);
  t.equal(at([time(1, true, { undated: true }), time(2, true)]), 2);
  t.equal(at([time(1, false), time(2, true)]), 1);
  t.equal(at([time(1, false), time(2, false)]), 2);
});

t.test('R14: the begin of the run is corrected once the time is known', async (t) => {
  const wrong = { ...fresh, startedAt: 0 };
  const seen = blank({ now: 3000, monotonic: 4000, clockDoubt: said('it says 1970') });
  t.equal(after([looked(seen)], wrong).startedAt, 0, 'nobody has reported the time');
  const told = after([time(now, false), looked(seen)], wrong);
  t.equal(told.startedAt, now - 1000, 'by the coordinator’s clock');
  t.strictSame(told.clockDoubt, said('it says 1970'));
  t.equal(after([looked(blank({ monotonic: 4000 }))], wrong).startedAt, now - 3000, 'by its own once that is right');
  t.equal(after([looked(blank({ now: now + hour }))]).startedAt, now, 'small steps change nothing');
});

t.test('R6: a proven conf.yml ends its trial, and one that was put back ends the pause of the start', async (t) => {
  const trial = { confKey: 'c', started: true, since: 0, restarts: 0, servesSince: null };
  const { journal } = blank();
  const noted = (is: typeof journal): Observation => ({ kind: 'noted', problem: null, was: journal, is });
  const before = { ...after([acted(crashed), acted(crashed)]), trial };
  t.strictSame(after([noted(journal)], before), before);
  const good = { incarnation: 'a', confKey: 'c', conf: '' };
  t.equal(after([noted({ ...journal, lastGood: good })], before).trial, null);
  const rejected = after([noted({ ...journal, rejected: { confKey: 'c', reason: said('r') } })], before);
  t.strictSame([rejected.pauses.start.failures, rejected.trial], [0, trial]);
});

t.test('the reason why nothing can be recorded stays until something was recorded', async (t) => {
  const { journal } = blank();
  const noted = (problem: string | null): Observation => ({
    kind: 'noted',
    problem: problem === null ? null : said(problem),
    was: journal,
    is: journal,
  });
  const version: Observation = { kind: 'version-not-noted', problem: said('version') };
  t.strictSame(after([noted('full'), version]).unnoted, said('full'), 'the first reason');
  t.strictSame(after([noted(null), version]).unnoted, said('version'));
  t.equal(after([noted('full'), noted(null)]).unnoted, null);
  t.strictSame(after([{ kind: 'disk-tried', at: 1, problem: said('full') }]).unnoted, said('full'));
});

t.test('the disk below an unhealthy etcd is tested ever more rarely, until etcd serves', async (t) => {
  const tried = (at: number): Observation => ({ kind: 'disk-tried', at, problem: null });
  const twice = after([acted(crashed), tried(1000), acted(crashed), tried(20_000)]);
  t.strictSame(twice.diskTries, { at: 20_000, forMs: 20_000 });
  t.strictSame(after([acted(asDesired())], twice).diskTries, fresh.diskTries);
});

t.test('a renewed certificate that etcd refuses is left alone for a while', async (t) => {
  const { peer } = after([acted(asDesired(), 'etcd refuses it')]).pauses.proofs;
  t.match(peer, {
    failures: 1,
    until: 10_000,
    why: { code: 'step_failed', facts: { step: 'prove-credential', why: said('etcd refuses it') } },
  });
});

t.test('a node that cannot be observed reports that, and nothing before its first observation', async (t) => {
  const failed: Observation = { kind: 'look-failed', service: null, why: said('the disk is dying') };
  t.equal(after([failed]), fresh);
  const status = { agent: { waits: [] }, service: { state: 'running', logFacts: [{}] }, etcd: {} } as never;
  const memory = after([{ kind: 'status-made', status, at: 50 }, failed]);
  t.match(memory.status, { agent: { waits: [said('the disk is dying')] }, etcd: null });
  t.equal(memory.status?.service.logFacts, undefined, 'what etcd logs by now is not known');
  t.equal(memory.observedAt, 50, 'it was last seen then');
});

t.test('the holder has what was observed last', async (t) => {
  const memory = keepMemory(fresh);
  memory.remember({ kind: 'refused', etag: 'x', why: said('older') });
  t.strictSame(memory.current.refusal, said('older'));
  t.equal(fresh.refusal, null);
});
