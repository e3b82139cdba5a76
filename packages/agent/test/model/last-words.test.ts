import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { lastWords, refusalIn } from '../../src/model/last-words.ts';

const line = (level: string, msg: string, error?: string) => JSON.stringify({ level, ts: 1, msg, error });

t.test('a fatal error is shown with its reason, whatever followed it', async (t) => {
  const log = [line('info', 'up'), line('fatal', 'discovery failed', 'member removed'), line('info', 'opened')];
  t.equal(lastWords(log, true), 'discovery failed: member removed');
  t.equal(lastWords(log, false), 'discovery failed: member removed');
});

t.test('a panic of Go itself is shown in its words', async (t) => {
  t.equal(
    lastWords([line('info', 'up'), 'panic: tocommit(5) is out of range'], false),
    'panic: tocommit(5) is out of range',
  );
});

t.test('a panic in a job of etcd 3.6 or 3.7 is shown with its reason', async (t) => {
  const panic = { level: 'panic', ts: 1, msg: 'execute job failed', panic: 'unmarshal should never fail (proto)' };
  t.equal(lastWords([JSON.stringify(panic)], true), 'execute job failed: unmarshal should never fail (proto)');
});

t.test('if nothing says why, an etcd that ended has its last line, and one that runs has none', async (t) => {
  const log = [line('info', 'up'), line('warn', 'failed to verify flags', 'bad URL')];
  t.equal(lastWords(log, true), 'failed to verify flags: bad URL');
  t.equal(lastWords(log, false), null);
  t.equal(lastWords([], true), null);
  t.equal(lastWords([...log, line('info', 'promote member')], true), null, 'not a line of normal operation');
  t.equal(lastWords(['{"level":"warn","msg":"cut o'], true), 'cut o…');
  t.equal(lastWords(['{"level":"warn","ts":"2026-12-'], true), null, 'nothing can be read of it');
  t.equal(lastWords(['{"level":"info","msg":"cut o'], true), null);
});

t.test('a fatal error that a power cut has cut off, or put after zeros, is shown in words', async (t) => {
  const whole = line('fatal', 'discovery failed', 'member removed');
  t.equal(lastWords([line('info', 'up'), `\0\0${whole}`], true), 'discovery failed: member removed');
  t.equal(lastWords([line('info', 'up'), whole.slice(0, -9)], true), 'discovery failed: member …');
});

t.test('R11: the last words have no secret', async (t) => {
  const words = lastWords(['{"level":"fatal","msg":"no such user","error":"https://ada:canary@host refused"}'], true);
  t.match(words, /^no such user: /);
  t.notMatch(words, 'canary');
});

t.test('an etcd that is older than its cluster or its data says so at its end', async (t) => {
  const cluster = JSON.stringify({
    level: 'fatal',
    msg: 'invalid downgrade; server version is lower than determined cluster version',
    'current-server-version': '3.5.33',
    'determined-cluster-version': '3.6',
  });
  t.strictSame(
    refusalIn([line('info', 'up'), cluster], '3.5.33'),
    reason('etcd_older_than_cluster', { own: '3.5', cluster: '3.6' }),
  );
  const data = line(
    'fatal',
    'discovery failed',
    'cannot detect storage schema version: version "3.7.0" is not supported',
  );
  t.strictSame(refusalIn([data, line('info', 'closed')], null), reason('etcd_older_than_data', { data: '3.7' }));
  t.equal(
    refusalIn(
      [cluster, line('fatal', 'discovery failed', 'membership: too many learner members in cluster')],
      '3.5.33',
    ),
    null,
  );
  t.equal(refusalIn([cluster], '3.6.14'), null, 'the log of the one before');
  t.equal(refusalIn([], null), null);
});
