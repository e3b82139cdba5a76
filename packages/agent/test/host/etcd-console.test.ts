import t from 'tap';
import { consoleFileOf } from '../../src/host/etcd-console.ts';

t.test('the console lies beside the log, under a name of its own', async (t) => {
  t.equal(consoleFileOf('/var/log/etcd/etcd.log'), '/var/log/etcd/etcd-console.log');
  t.equal(consoleFileOf('/srv/log'), '/srv/log-console');
});
