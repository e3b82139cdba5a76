import t from 'tap';
import { serves, silenceSeeing } from '../../src/model/serves.ts';
import { report } from '../reconcile/samples.ts';

const running = { kind: 'running', pid: 7, restarts: 0 } as const;

t.test('R16: an etcd that refuses its agent and answers reads serves, and is not silent', (t) => {
  const refusing = { etcd: null, quorumRead: true };
  t.equal(serves(refusing), true);
  t.equal(silenceSeeing({ pid: 7, since: 5 }, { ...refusing, service: running, monotonic: 9 }), null);
  t.end();
});

t.test('an etcd that answers nothing, or sees no leader, is silent from the first such observation on', (t) => {
  for (const etcd of [null, { ...report, leader: '0', healthy: false }]) {
    const look = { etcd, quorumRead: false, service: running, monotonic: 9 };
    t.equal(serves(look), false);
    t.strictSame(silenceSeeing(null, look), { pid: 7, since: 9 });
    t.strictSame(silenceSeeing({ pid: 7, since: 5 }, look), { pid: 7, since: 5 });
  }
  t.end();
});
