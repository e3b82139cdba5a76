import t from 'tap';
import { parseShow, type ShownUnit, serviceState } from '../../../src/host/systemd/systemd-show.ts';

const unitPath = '/etc/systemd/system/etcd.service';

// The output of systemd 257, in its own order, for an etcd that was killed and waits for its restart.
const waiting = `MainPID=0
Result=signal
NRestarts=1
ExecMainCode=2
ExecMainStatus=9
LoadState=loaded
ActiveState=activating
SubState=auto-restart
FragmentPath=${unitPath}
UnitFileState=enabled
NeedDaemonReload=no
`;

function stateOf(change: Partial<ShownUnit>) {
  return serviceState({ ...parseShow(waiting), ...change }, unitPath);
}

t.test('a service that waits for its restart has crashed, with the way it ended', async (t) => {
  t.strictSame(stateOf({}), { kind: 'crashed', restarts: 1, how: 'SIGKILL' });
  t.match(stateOf({ SubState: 'auto-restart-queued' }), { kind: 'crashed' }, 'in the words of systemd 254 too');
  t.match(stateOf({ Result: 'oom-kill' }), { how: 'SIGKILL (out of memory)' });
  t.match(stateOf({ Result: 'core-dump', ExecMainCode: '3', ExecMainStatus: '6' }), { how: 'SIGABRT' });
  t.match(stateOf({ Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '2' }), { how: 'exit status 2' });
  t.match(stateOf({ Result: 'resources', ExecMainCode: '0', ExecMainStatus: '0' }), { how: 'systemd: resources' });
});

t.test('a service that failed finally, because of an administrator’s drop-in, has crashed', async (t) => {
  t.match(stateOf({ ActiveState: 'failed', SubState: 'failed' }), { kind: 'crashed', how: 'SIGKILL' });
});

t.test('a stopped service shows whether the next boot starts it', async (t) => {
  const down = { ActiveState: 'inactive', SubState: 'dead' };
  t.strictSame(stateOf(down), { kind: 'stopped', atBoot: true });
  for (const UnitFileState of ['disabled', 'enabled-runtime'])
    t.strictSame(stateOf({ ...down, UnitFileState }), { kind: 'stopped', atBoot: false });
});

t.test('an existing process counts as running, whatever systemd is about to do with it', async (t) => {
  for (const [ActiveState, SubState] of [
    ['active', 'running'],
    ['activating', 'start'],
    ['deactivating', 'stop-sigterm'],
    ['reloading', 'reload'],
  ] as const)
    t.strictSame(stateOf({ ActiveState, SubState, MainPID: '42' }), { kind: 'running', pid: 42, restarts: 1 });
});

t.test('an etcd whose unit file was removed still runs; one of another unit is not Picket’s', async (t) => {
  const runs = { ActiveState: 'active', SubState: 'running', MainPID: '42' };
  t.match(stateOf({ ...runs, LoadState: 'not-found', FragmentPath: '' }), { kind: 'running', pid: 42 });
  t.match(stateOf({ ...runs, FragmentPath: '/usr/lib/systemd/system/etcd.service' }), { kind: 'absent' });
  t.match(stateOf({ LoadState: 'not-found', FragmentPath: '', ActiveState: 'inactive', SubState: 'dead' }), {
    kind: 'absent',
  });
  t.match(stateOf({ LoadState: 'masked', FragmentPath: '', ActiveState: 'inactive', SubState: 'dead' }), {
    kind: 'absent',
  });
});

t.test('a systemd that does not know a property omits it', async (t) => {
  t.equal(parseShow(waiting.replace(/^NRestarts.*\n/m, '')).NRestarts, '');
  t.match(serviceState(parseShow(waiting.replace(/^NRestarts.*\n/m, '')), unitPath), { restarts: 0 });
});
