import t from 'tap';
import { etcdInWords } from '../../src/commands/status.ts';

const running = { state: 'running', role: 'follower', serves: true } as const;

t.test('status shows the version that runs and, if it differs, the installed one', (t) => {
  t.equal(etcdInWords({ ...running, version: '3.5.16', installed: '3.5.16' }), 'running, follower, serves, 3.5.16');
  t.equal(
    etcdInWords({ ...running, version: '3.5.16', installed: '3.6.4' }),
    'running, follower, serves, 3.5.16, 3.6.4 installed',
  );
  t.equal(etcdInWords({ ...running, version: '3.5.16', installed: null }), 'running, follower, serves, 3.5.16');
  const stopped = { state: 'stopped', role: null, serves: false, version: null } as const;
  t.equal(etcdInWords({ ...stopped, installed: '3.6.4' }), 'stopped, 3.6.4 installed');
  t.end();
});
