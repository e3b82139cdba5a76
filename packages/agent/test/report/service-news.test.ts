import { inWords } from '@picket/shared/reasons/in-words.ts';
import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import type { ServiceState } from '../../src/host/host.ts';
import type { CurrentState } from '../../src/model/model.ts';
import { plan } from '../../src/reconcile/plan/plan.ts';
import { nodeStatus } from '../../src/report/report-status.ts';
import { newsAfter, newsSeeing, noNews, type ServiceNews, stoppedByHand } from '../../src/report/service-news.ts';
import { accepted, asDesired, desired, hour, now, paths, report } from '../reconcile/samples.ts';

const serving = (restarts: number): CurrentState => seen({ kind: 'running', pid: 1, restarts }, { etcd: report });

function seen(service: ServiceState, change: Partial<CurrentState> = {}): CurrentState {
  return asDesired(desired(), { service, etcd: null, ...change });
}

function told(news: ServiceNews, current: CurrentState): string | null {
  const { reason } = service(news, current);
  return reason && inWords(reason);
}

function service(news: ServiceNews, current: CurrentState) {
  const machine = { disk: null, memory: null, temperatureCelsius: null, clockOffsetMs: null, walFsyncP99Ms: null };
  const facts = {
    version: '0.1.0',
    startedAt: '2027-03-01T12:00:00Z',
    troubles: [],
    rejected: null,
    remarks: [],
    restoreTool: null,
    identity: null,
    paths,
    machine,
  };
  const planned = plan(accepted(), current, paths);
  return nodeStatus({ ...facts, news, accepted: accepted(), current, plan: planned }).service;
}

const fatal = '{"level":"fatal","msg":"discovery failed","error":"member count is unequal"}';

t.test('an etcd that serves, and restarted before the first observation, is no news', async (t) => {
  const current = serving(7);
  const news = newsSeeing(noNews, current);
  t.equal(told(news, current), null);
});

t.test('a crash loop under a supervisor is reported at any moment, with its last words', async (t) => {
  let news = newsSeeing(noNews, serving(2));
  const running = seen({ kind: 'running', pid: 5, restarts: 3 }, { lastLog: [fatal] });
  news = newsSeeing(news, running);
  t.equal(
    told(news, running),
    'etcd ended at 2027-03-01T12:00:00.000Z; the last lines of its log: discovery failed: member count is unequal',
  );
  const crashed = seen({ kind: 'crashed', restarts: 9, how: 'exit status 1' }, { now: now + hour, lastLog: [fatal] });
  news = newsSeeing(news, crashed);
  t.match(told(news, crashed), /^etcd has ended 8 times since 2027-03-01T12:00:00.000Z: exit status 1; the last lines/);
});

t.test('one crash is reported as such while etcd is down, and as healed for ten minutes afterwards', async (t) => {
  let news = newsSeeing(noNews, serving(0));
  const crashed = seen({ kind: 'crashed', restarts: 0, how: 'SIGKILL' });
  news = newsSeeing(news, crashed);
  t.equal(told(news, crashed), 'etcd ended: SIGKILL');
  const healed = serving(1);
  news = newsSeeing(news, healed);
  t.equal(told(news, healed), 'etcd ended at 2027-03-01T12:00:00.000Z, and serves again');
  news = newsSeeing(news, { ...healed, monotonic: healed.monotonic + 10 * 60_000 });
  t.equal(told(news, healed), null);
});

t.test('a healed etcd that no longer answers is not called one that serves again', async (t) => {
  let news = newsSeeing(noNews, serving(0));
  news = newsSeeing(news, seen({ kind: 'crashed', restarts: 0, how: 'SIGKILL' }));
  news = newsSeeing(news, serving(1));
  const frozen = seen({ kind: 'running', pid: 5, restarts: 1 });
  t.equal(told(newsSeeing(news, frozen), frozen), null);
});

t.test('R14: while the clock is in doubt no moment is reported, and afterwards the right one', async (t) => {
  const ended = { kind: 'running', pid: 5, restarts: 3 } as const;
  const doubt = { clockDoubt: said('this clock says 1970'), now: 0 };
  let news = newsSeeing(noNews, serving(2));
  const doubtful = seen(ended, doubt);
  news = newsSeeing(news, doubtful);
  t.equal(told(news, doubtful), 'etcd has ended once');
  const right = seen(ended, { monotonic: doubtful.monotonic + hour, now: now + hour });
  news = newsSeeing(news, right);
  t.equal(told(news, right), 'etcd ended at 2027-03-01T12:00:00.000Z');
});

t.test('R14: a moment recorded while the clock was wrong unnoticed is corrected', async (t) => {
  const ended = { kind: 'running', pid: 5, restarts: 3 } as const;
  const news = newsSeeing(newsSeeing(noNews, serving(2)), seen(ended, { now: now + 9 * 365 * 24 * hour }));
  const right = seen(ended);
  t.equal(told(newsSeeing(news, right), right), 'etcd ended at 2027-03-01T12:00:00.000Z');
});

t.test('a restarted supervisor restarts its count', async (t) => {
  let news = newsSeeing(noNews, serving(9));
  news = newsSeeing(news, serving(0));
  const again = seen({ kind: 'running', pid: 5, restarts: 1 });
  t.match(told(newsSeeing(news, again), again), /^etcd ended at/);
});

t.test('an etcd whose supervisor has ended keeps running, and that is reported', async (t) => {
  const current = seen({ kind: 'running', pid: 5, restarts: 0, unsupervised: true }, { etcd: report });
  t.match(told(noNews, current), /^the supervisor of etcd has ended/);
});

t.test('stopped by hand: in the boot in which it ran, and not by this agent', async (t) => {
  const { journal } = asDesired();
  const ran = { ...journal, ranIn: 'boot1' };
  const stopped = seen({ kind: 'stopped' }, { journal: ran });
  t.equal(stoppedByHand(stopped), true);
  t.equal(told(noNews, stopped), 'somebody stopped etcd by hand (not this agent)');
  t.equal(stoppedByHand({ ...stopped, boot: 'boot2' }), false, 'the machine was restarted');
  t.equal(stoppedByHand({ ...stopped, journal }), false, 'this agent has stopped it');
  t.equal(stoppedByHand({ ...stopped, journal: { ...ran, startedWith: null } }), false);
  const start = { kind: 'start-etcd', incarnation: 'incarnation1', restartKey: '', confKey: '' } as const;
  const news = newsAfter(noNews, stopped, { done: [start], failed: null });
  t.equal(told(news, serving(0)), 'somebody stopped etcd by hand (not this agent), and this agent started it again');
  t.equal(told(newsAfter(noNews, stopped, { done: [], failed: null }), serving(0)), null);
});

t.test('a restored definition is reported by its path', async (t) => {
  const altered = ['/etc/init.d/etcd', '/etc/conf.d/etcd'];
  const news = newsAfter(noNews, serving(0), { done: [{ kind: 'install-service', altered }], failed: null });
  t.match(told(news, serving(0)), /changed or removed \/etc\/init\.d\/etcd and \/etc\/conf\.d\/etcd;/);
  const first = newsAfter(noNews, serving(0), { done: [{ kind: 'install-service', altered: [] }], failed: null });
  t.equal(told(first, serving(0)), null);
});

t.test('R11: the last lines of etcd’s log are reported without secrets', async (t) => {
  const crashed = seen(
    { kind: 'crashed', restarts: 1, how: 'exit status 1' },
    { lastLog: ['see https://ada:canary@host'] },
  );
  t.strictSame(service(noNews, crashed).lastLog, ['see https://…@host']);
});
