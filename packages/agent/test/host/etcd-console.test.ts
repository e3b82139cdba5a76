import t from 'tap';
import { consoleFileOf } from '../../src/host/log-folder.ts';

t.test('the console is beside the log, under its own name', async (t) => {
  t.equal(consoleFileOf('/var/log/etcd/etcd.log'), '/var/log/etcd/etcd-console.log');
  t.equal(consoleFileOf('/srv/log'), '/srv/log-console');
});
