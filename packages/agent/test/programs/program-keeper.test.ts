import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { type ProgramOrder, programNames } from '@picket/shared/protocol/releases.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { RemoteError } from '../../src/coordinator/remote-error.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { programOf } from '../../src/model/program.ts';
import { silentLog } from '../../src/program/log.ts';
import { programCheck } from '../../src/programs/program-check.ts';
import { programKeeper } from '../../src/programs/program-keeper.ts';
import { TestClock } from '../machine.ts';
import { temporaryFolder } from '../support.ts';

const partBytes = 10;

function contentOf(version: string, name: string): Buffer {
  return Buffer.from(`${name} ${version} `.repeat(10));
}

function orderOf(version: string): ProgramOrder {
  const programs = programNames.map((name) => {
    const content = contentOf(version, name);
    return { name, sha256: createHash('sha256').update(content).digest('hex'), sizeBytes: content.length };
  });
  return { version, programs };
}

/** A node with a coordinator that serves these releases in parts. */
function node(t: Test, ...versions: readonly string[]) {
  const stateDir = temporaryFolder(t);
  const clock = new TestClock();
  const served = new Map(
    versions.flatMap((version) =>
      (orderOf(version).programs ?? []).map(({ name, sha256 }) => [sha256, contentOf(version, name)] as const),
    ),
  );
  const asked: string[] = [];
  const faults = { away: false, hangs: false, prints: null as string | null, runs: true, freeBytes: 10 ** 9 };
  const removes = { frees: 0 };
  const files = hostFiles();
  const owner = { uid: 65534, gid: 65534 };
  const check = programCheck({
    stateDir,
    owner,
    clock,
    async askVersion(binary) {
      if (!faults.runs) throw failure('etcd_unusable', { binary, problem: 'it is broken', command: '' });
      return faults.prints ?? readFileSync(binary, 'utf8').split(' ')[1] ?? '';
    },
  });
  const keeper = programKeeper({
    coordinator: {
      async readRelease(sha256, offset, signal) {
        asked.push(`${sha256} ${offset}`);
        if (faults.hangs) await clock.sleep(Number.POSITIVE_INFINITY, signal);
        signal?.throwIfAborted();
        if (faults.away) throw new RemoteError(404, { code: 'not_found', message: 'No.', hint: '', details: {} });
        return served.get(sha256)?.subarray(offset, offset + partBytes) ?? Buffer.alloc(0);
      },
    },
    check,
    stateDir,
    owner,
    files: {
      ...files,
      async removeTree(path) {
        await files.removeTree(path);
        faults.freeBytes += removes.frees;
      },
    },
    clock,
    random: () => 1,
    freeBytes: async () => faults.freeBytes,
    log: silentLog,
  });
  t.teardown(() => keeper.stop());
  const root = join(stateDir, 'releases');
  return {
    ...{ stateDir, root, clock, served, asked, faults, removes, check, keeper },
    folders: () => (existsSync(root) ? readdirSync(root).sort() : []),
    /** Looks again and again, as the agent does, until this holds of what it says. */
    tended: (order: ProgramOrder | undefined, code: string | null, lastGood?: ProgramOrder) =>
      until(`the keeper says ${code}`, async () => ((await keeper.tend(order, [], lastGood))?.code ?? null) === code, {
        every: 0,
      }),
  };
}

t.test('a release is fetched whole, and is ready then', async (t) => {
  const { keeper, check, tended, root, folders } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  t.match(await keeper.tend(order, []), { code: 'release_to_fetch' });
  await tended(order, null);
  t.equal((await check.look(order)).why, null);
  const folder = join(root, folders()[0] ?? '');
  t.strictSame(readdirSync(folder).sort(), ['etcd', 'etcdctl', 'etcdutl']);
  for (const name of programNames) t.equal(statSync(join(folder, name)).mode & 0o777, 0o755);
});

t.test('R9 a fetch that was cut off continues where it was', async (t) => {
  const { keeper, tended, root, folders, asked, faults } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  await tended(order, null);
  const folder = join(root, folders()[0] ?? '');
  const content = readFileSync(join(folder, 'etcd'));
  // As an agent leaves it that was killed in the middle.
  rmSync(join(folder, 'etcd'));
  writeFileSync(join(folder, 'etcd.part'), content.subarray(0, 50));
  asked.length = 0;
  faults.away = false;
  await keeper.tend(order, []);
  await tended(order, null);
  t.equal(asked[0]?.split(' ')[1], '50');
  t.strictSame(readFileSync(join(folder, 'etcd')), content);
});

t.test('R9 a part that a power cut has damaged is fetched anew', async (t) => {
  const { tended, root, folders, clock } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  await tended(order, null);
  const folder = join(root, folders()[0] ?? '');
  rmSync(join(folder, 'etcd'));
  writeFileSync(join(folder, 'etcd.part'), Buffer.alloc(50));
  await tended(order, 'release_not_fetched');
  clock.advance(60_000);
  await tended(order, null);
  t.strictSame(readFileSync(join(folder, 'etcd')), contentOf('3.6.14', 'etcd'));
});

t.test('what is not the wanted program never appears under its name', async (t) => {
  const { tended, root, folders, served, keeper } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  const sha256 = programOf(order)?.sha256 ?? '';
  served.set(sha256, Buffer.from('x'.repeat(contentOf('3.6.14', 'etcd').length)));
  await tended(order, 'release_not_fetched');
  t.match(await keeper.tend(order, []), { facts: { why: { code: 'release_not_whole' } } });
  t.strictSame(readdirSync(join(root, folders()[0] ?? '')), []);
});

t.test('a program that was damaged on the disk is not ready, and is fetched anew', async (t) => {
  const { tended, root, folders, check } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  await tended(order, null);
  const path = join(root, folders()[0] ?? '', 'etcd');
  truncateSync(path, 20);
  t.match(await check.look(order), { why: { code: 'release_to_fetch' }, toFetch: true });
  await tended(order, null);
  t.strictSame(readFileSync(path), contentOf('3.6.14', 'etcd'));
});

t.test('a release that does not run, or says another version, is not ready', async (t) => {
  const { tended, faults, clock } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  faults.runs = false;
  await tended(order, 'release_unfit');
  faults.runs = true;
  faults.prints = '3.6.4';
  clock.advance(60_000);
  await tended(order, 'release_of_other_version');
  faults.prints = null;
  clock.advance(60_000);
  await tended(order, null);
});

t.test('R8 nor is one in a folder where others may write', async (t) => {
  const { tended, root } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  await tended(order, null);
  chmodSync(root, 0o777);
  await tended(order, 'release_folder_exposed');
});

t.test('R18 nothing is fetched into the room that etcd’s log needs', async (t) => {
  const { tended, keeper, faults, asked, clock } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  const bytes = (order.programs ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const needed = bytes + 128 * 1024 * 1024;
  faults.freeBytes = needed - 1;
  await tended(order, 'release_not_fetched');
  t.match(await keeper.tend(order, []), { facts: { why: { code: 'release_no_room' } } });
  t.strictSame(asked, []);
  faults.freeBytes = needed;
  clock.advance(60_000);
  await tended(order, null);
});

t.test('R18 a release that nobody needs gives its room to the wanted one, and one in use does not', async (t) => {
  const { tended, keeper, faults, folders, removes } = node(t, '3.6.12', '3.6.13', '3.6.14');
  await tended(orderOf('3.6.12'), null);
  await tended(orderOf('3.6.13'), null);
  faults.freeBytes = 0;
  removes.frees = 10 ** 9;
  const inUse = programOf(orderOf('3.6.12'));
  const wanted = () => keeper.tend(orderOf('3.6.14'), inUse === null ? [] : [inUse]);
  await until('3.6.14 is here', async () => (await wanted()) === null, { every: 0 });
  t.strictSame(
    folders().map((name) => name.split('-')[0]),
    ['3.6.12', '3.6.14'],
  );
});

t.test('a request under way ends when another release is wanted', async (t) => {
  const { tended, keeper, asked, faults } = node(t, '3.6.14', '3.6.15');
  faults.hangs = true;
  await keeper.tend(orderOf('3.6.14'), []);
  await until('the coordinator was asked', () => asked.length === 1, { every: 0 });
  faults.hangs = false;
  await tended(orderOf('3.6.15'), null);
  t.ok(asked[1]?.startsWith(programOf(orderOf('3.6.15'))?.sha256 ?? '-'));
});

t.test('R10 the last good release is fetched again if it was lost while another one is on trial', async (t) => {
  const { tended, keeper, root, folders, asked } = node(t, '3.6.12', '3.6.14');
  const [good, wanted] = [orderOf('3.6.12'), orderOf('3.6.14')];
  await tended(good, null);
  rmSync(root, { recursive: true });
  asked.length = 0;
  const inUse = [programOf(good)].filter((program) => program !== null);
  await until('both are here', async () => (await keeper.tend(wanted, inUse, good)) === null && asked.length > 0, {
    every: 0,
  });
  const etcdOf = (version: string) => folders().find((name) => name.startsWith(`${version}-`)) ?? '';
  await until(
    'the last good one is whole',
    async () => {
      t.equal(await keeper.tend(wanted, inUse, good), null, 'the wanted one is ready all the time');
      return existsSync(join(root, etcdOf('3.6.12'), 'etcdutl'));
    },
    { every: 0 },
  );
  t.strictSame(readFileSync(join(root, etcdOf('3.6.12'), 'etcd')), contentOf('3.6.12', 'etcd'));
  t.ok(asked[0]?.startsWith(programOf(wanted)?.sha256 ?? '-'), 'the wanted one comes first');
});

t.test(
  'R10 while the wanted release cannot be fetched, the last good one is, and neither is asked for too often',
  async (t) => {
    const { tended, served, asked, root, folders, clock, keeper } = node(t, '3.6.12');
    const [good, wanted] = [orderOf('3.6.12'), orderOf('3.6.14')];
    const sha256 = programOf(wanted)?.sha256 ?? '';
    served.set(sha256, Buffer.from('x'.repeat(contentOf('3.6.14', 'etcd').length)));
    await tended(wanted, 'release_not_fetched', good);
    await until(
      'the last good one is whole',
      async () => {
        await keeper.tend(wanted, [], good);
        return existsSync(join(root, folders().find((name) => name.startsWith('3.6.12-')) ?? '', 'etcdutl'));
      },
      { every: 0 },
    );
    const ofWanted = () => asked.filter((one) => one === `${sha256} 0`).length;
    t.equal(ofWanted(), 1);
    clock.advance(60_000);
    await until(
      'it is tried again',
      async () => {
        await keeper.tend(wanted, [], good);
        return ofWanted() === 2;
      },
      { every: 0 },
    );
  },
);

t.test('why a release was not fetched is said until another attempt receives something', async (t) => {
  const { tended, keeper, faults, clock } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  faults.freeBytes = 0;
  await tended(order, 'release_not_fetched');
  clock.advance(60_000);
  t.match(await keeper.tend(order, []), { code: 'release_not_fetched' }, 'the next attempt begins');
});

t.test('one that the store does not have is not fetched', async (t) => {
  const { keeper, asked } = node(t);
  t.match(await keeper.tend({ version: '3.6.14', programs: null }, []), { code: 'release_not_in_store' });
  t.strictSame(asked, []);
});

t.test('a coordinator that does not answer is asked again later, and meanwhile the reason is said', async (t) => {
  const { tended, keeper, faults, clock, asked } = node(t, '3.6.14');
  const order = orderOf('3.6.14');
  faults.away = true;
  await tended(order, 'release_not_fetched');
  const count = asked.length;
  await keeper.tend(order, []);
  t.equal(asked.length, count);
  faults.away = false;
  clock.advance(60_000);
  await tended(order, null);
});

t.test('the last two versions stay, and what is in use', async (t) => {
  const { tended, keeper, folders, root } = node(t, '3.6.11', '3.6.12', '3.6.13', '3.6.14');
  const versions = ['3.6.11', '3.6.12', '3.6.13', '3.6.14'];
  for (const [index, version] of versions.entries()) {
    await tended(orderOf(version), null);
    const [folder = ''] = folders().filter((name) => name.startsWith(version));
    utimesSync(join(root, folder), index + 1, index + 1);
  }
  t.strictSame(
    folders().map((name) => name.split('-')[0]),
    ['3.6.13', '3.6.14'],
  );
  const inUse = programOf(orderOf('3.6.13'));
  await until(
    '3.6.12 is here',
    async () => (await keeper.tend(orderOf('3.6.12'), inUse === null ? [] : [inUse])) === null,
  );
  t.strictSame(
    folders().map((name) => name.split('-')[0]),
    ['3.6.12', '3.6.13'],
  );
  await keeper.tend(undefined, []);
  t.strictSame(folders(), [], 'a member of the package needs none');
});

t.test('another order ends a fetch', async (t) => {
  const { keeper, tended, folders } = node(t, '3.6.13', '3.6.14');
  await keeper.tend(orderOf('3.6.13'), []);
  await tended(orderOf('3.6.14'), null);
  t.ok(folders().some((name) => name.startsWith('3.6.14')));
});
