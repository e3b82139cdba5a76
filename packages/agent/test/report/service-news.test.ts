import { reason } from '@picket/shared/reasons/reason.ts';
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

const told = (news: ServiceNews, current: CurrentState) => service(news, current).reason;

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

const since = '2027-03-01T12:00:00.000Z';
const endedOnce = (at: string | null) => reason('ended_and_silent', { count: 1, since: at, lastWords: null });
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
  const lastWords = 'discovery failed: member count is unequal';
  t.strictSame(told(news, running), reason('ended_and_silent', { count: 1, since, lastWords }));
  const crashed = seen({ kind: 'crashed', restarts: 9, how: 'exit status 1' }, { now: now + hour, lastLog: [fatal] });
  news = newsSeeing(news, crashed);
  t.strictSame(told(news, crashed), reason('ended_often', { count: 8, since, how: 'exit status 1', lastWords }));
});

t.test('one crash is reported as such while etcd is down, and as healed for ten minutes afterwards', async (t) => {
  let news = newsSeeing(noNews, serving(0));
  const crashed = seen({ kind: 'crashed', restarts: 0, how: 'SIGKILL' });
  news = newsSeeing(news, crashed);
  t.strictSame(told(news, crashed), reason('ended', { how: 'SIGKILL', lastWords: null }));
  const healed = serving(1);
  news = newsSeeing(news, healed);
  t.strictSame(told(news, healed), reason('ended_and_serves', { count: 1, since }));
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
  t.strictSame(told(news, doubtful), endedOnce(null));
  const right = seen(ended, { monotonic: doubtful.monotonic + hour, now: now + hour });
  news = newsSeeing(news, right);
  t.strictSame(told(news, right), endedOnce(since));
});

t.test('R14: a moment recorded while the clock was wrong unnoticed is corrected', async (t) => {
  const ended = { kind: 'running', pid: 5, restarts: 3 } as const;
  const news = newsSeeing(newsSeeing(noNews, serving(2)), seen(ended, { now: now + 9 * 365 * 24 * hour }));
  const right = seen(ended);
  t.strictSame(told(newsSeeing(news, right), right), endedOnce(since));
});

t.test('a restarted supervisor restarts its count', async (t) => {
  let news = newsSeeing(noNews, serving(9));
  news = newsSeeing(news, serving(0));
  const again = seen({ kind: 'running', pid: 5, restarts: 1 });
  t.strictSame(told(newsSeeing(news, again), again), endedOnce(since));
});

t.test('an etcd whose supervisor has ended keeps running, and that is reported', async (t) => {
  const current = seen({ kind: 'running', pid: 5, restarts: 0, unsupervised: true }, { etcd: report });
  t.strictSame(told(noNews, current), reason('supervisor_ended'));
});

t.test('stopped by hand: in the boot in which it ran, and not by this agent', async (t) => {
  const { journal } = asDesired();
  const ran = { ...journal, ranIn: 'boot1' };
  const stopped = seen({ kind: 'stopped' }, { journal: ran });
  t.equal(stoppedByHand(stopped), true);
  t.strictSame(told(noNews, stopped), reason('stopped_by_hand'));
  t.equal(stoppedByHand({ ...stopped, boot: 'boot2' }), false, 'the machine was restarted');
  t.equal(stoppedByHand({ ...stopped, journal }), false, 'this agent has stopped it');
  t.equal(stoppedByHand({ ...stopped, journal: { ...ran, startedWith: null } }), false);
  const start = { kind: 'start-etcd', incarnation: 'incarnation1', restartKey: '', confKey: '' } as const;
  const news = newsAfter(noNews, stopped, { done: [start], failed: null });
  t.strictSame(told(news, serving(0)), reason('started_after_stop'));
  t.equal(told(newsAfter(noNews, stopped, { done: [], failed: null }), serving(0)), null);
});

t.test('a restored definition is reported by its path', async (t) => {
  const altered = ['/etc/init.d/etcd', '/etc/conf.d/etcd'];
  const news = newsAfter(noNews, serving(0), { done: [{ kind: 'install-service', altered }], failed: null });
  t.strictSame(told(news, serving(0)), reason('definition_put_back', { paths: altered }));
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
