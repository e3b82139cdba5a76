import t from 'tap';
import { checkArchitecture } from '../../src/preflight/architecture.ts';
import { type Check, checkLines, ok, warning } from '../../src/preflight/check.ts';
import { checkClock, checkOffset } from '../../src/preflight/clock.ts';
import { checkDisk } from '../../src/preflight/disk.ts';
import { checkFileSystem } from '../../src/preflight/file-system.ts';
import { checkMemory } from '../../src/preflight/memory.ts';
import { checkNames } from '../../src/preflight/names.ts';
import { refusal } from '../support.ts';

const mebibyte = 1024 * 1024;

t.test('only aarch64 and x86-64: architecture_unsupported says what to do', async (t) => {
  t.equal(checkArchitecture('arm64').text, 'aarch64');
  t.equal(checkArchitecture('x64').text, 'x86-64');
  t.match(await refusal((async () => checkArchitecture('arm'))()), {
    code: 'architecture_unsupported',
    facts: {
      architecture: /32-bit Arm/,
      reason: /64-bit systems only/,
      remedy: /64-bit system.*Raspberry Pi 3/,
    },
  });
  t.match(await refusal((async () => checkArchitecture('ia32'))()), { facts: { architecture: '32-bit x86' } });
  for (const other of ['ia32', 'riscv64', 'ppc64']) {
    t.match(await refusal((async () => checkArchitecture(other))()), { code: 'architecture_unsupported' }, other);
  }
});

t.test('data in memory is refused, and a warning if the agent is one of several', async (t) => {
  const on = (type: string) => ({ fileSystem: async () => ({ type, mountPoint: '/' }) });
  for (const type of ['tmpfs', 'ramfs']) {
    t.strictSame(await refusal(checkFileSystem(on(type), '/var/lib/picket', true)), {
      code: 'data_in_memory',
      facts: { path: '/var/lib/picket', fileSystem: `${type}, mounted on /` },
    });
    t.equal((await checkFileSystem(on(type), '/tmp/demo', false)).result, 'warning');
  }
  for (const type of ['ext4', 'overlay', 'btrfs', 'f2fs']) {
    t.equal((await checkFileSystem(on(type), '/var/lib/picket', true)).result, 'ok', type);
  }
  t.equal((await checkFileSystem({ fileSystem: async () => null }, '/var/lib/picket', true)).result, 'ok');
});

t.test(
  'a disk whose 99th percentile is above 10 ms is a warning, and one that cannot be measured is too',
  async (t) => {
    const roomy = { freeBytes: async () => 26_100_000_000 };
    const hundred = (slow: number) => [...Array<number>(98).fill(3), slow, slow];
    const found = (slow: number) => checkDisk(roomy, '/', async () => hundred(slow));
    t.strictSame(await found(10), ok('disk', 'fsync p99 10.0 ms, 26.1 GB free'));
    t.match(await found(10.1), { result: 'warning', text: 'fsync p99 10.1 ms, 26.1 GB free', advice: /elections/ });
    const full = () => Promise.reject(Object.assign(new Error(), { code: 'ENOSPC' }));
    t.match(await checkDisk(roomy, '/', full), { result: 'warning', text: /could not be measured \(ENOSPC\)/ });
  },
);

t.test('little memory is a warning', async (t) => {
  const of = (total: number, available: number) =>
    checkMemory({ memory: async () => ({ totalBytes: total * mebibyte, availableBytes: available * mebibyte }) });
  t.strictSame(await of(921, 640), ok('memory', '921 MiB, 640 MiB available'));
  t.match(await of(921, 149), { result: 'warning', advice: /150 MiB/ });
  t.match(await of(427, 300), { result: 'warning', advice: /512 MiB/ });
  t.equal((await checkMemory({ memory: async () => null })).result, 'ok');
});

t.test('R14: a clock that cannot be right is refused: clock_wrong', async (t) => {
  const at = (now: number) => checkClock({ now, monotonic: 0, buildTime: 1e12, floor: 1.1e12, coordinator: null });
  t.equal(at(1.2e12).text, '2008-01-10T21:20Z');
  for (const [now, code] of [
    [0, 'clock_before_build'],
    [1.05e12, 'clock_before_floor'],
  ] as const) {
    t.match(await refusal((async () => at(now))()), { code: 'clock_wrong', facts: { doubt: { code } } });
  }
});

t.test('a clock that is off by more than two seconds is a warning', async (t) => {
  t.strictSame(checkOffset(120), ok('clock', '0.1 s ahead of the coordinator’s'));
  t.strictSame(checkOffset(-2000), ok('clock', '2.0 s behind the coordinator’s'));
  t.match(checkOffset(-2100), { result: 'warning', text: '2.1 s behind the coordinator’s', advice: /chronyd/ });
});

t.test('names that do not resolve, or resolve elsewhere, are a warning', async (t) => {
  const dns: Readonly<Record<string, readonly string[]>> = {
    'a.example': ['192.168.7.11'],
    'etcd.example': ['192.168.7.99', '192.168.7.12'],
    'far.example': ['203.0.113.9'],
    'six.example': ['FD00:0:0::1'],
  };
  const machine = {
    resolve: async (name: string) =>
      name === 'late.example' ? { problem: 'DNS gives no answer' } : { addresses: dns[name] ?? [] },
  };
  const entry = (name: string, addresses: string[], usedBy: 'peers' | 'clients' = 'clients') => ({
    name,
    addresses,
    usedBy,
  });
  const check = (...names: ReturnType<typeof entry>[]): Promise<Check | null> => checkNames(machine, names);
  const members = ['192.168.7.11', '192.168.7.12'];

  t.equal(await check(), null);
  t.strictSame(
    await check(
      entry('a.example', ['192.168.7.11']),
      entry('etcd.example', members),
      entry('six.example', ['fd00::1']),
    ),
    ok('names', 'a.example, etcd.example, six.example'),
  );
  t.match(await check(entry('no.example', members)), {
    result: 'warning',
    text: 'no.example: no such name',
    advice: /^Members connect by address and do not need these names/,
  });
  t.match(await check(entry('far.example', members), entry('late.example', members)), {
    text:
      'far.example: leads to 203.0.113.9, not to 192.168.7.11 or 192.168.7.12; ' + 'late.example: DNS gives no answer',
  });
  t.match(
    await check(entry('no.example', members), entry('nor.example', members)),
    { text: 'no.example, nor.example: no such name' },
    'what is wrong with several is said once',
  );
  t.match(
    await check(entry('no.example', ['192.168.7.13'], 'peers')),
    { advice: /connect to each other by name, so this member can take part only once/ },
    'if peers connect by name',
  );
});

t.test('a line for each check, and its advice below it', async (t) => {
  const refused: Check = { name: 'etcd', result: 'refused', text: 'it is not there', advice: 'Install it.' };
  t.equal(
    checkLines([ok('architecture', 'aarch64'), warning('memory', '100 MiB', 'Buy some.'), refused]),
    '✓ architecture: aarch64\n! memory: 100 MiB\n    Buy some.\n✗ etcd: it is not there\n    Install it.\n',
  );
});
