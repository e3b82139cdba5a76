import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { mountsNeeded, ownMounts } from '../../../../test/support/own-mounts.ts';
import type { NamedOwner } from '../../src/host/host.ts';
import { readEtcdVersion } from '../../src/host/programs.ts';
import { etcdVersionReader } from '../../src/observe/etcd-version.ts';
import { refusal, temporaryFolder } from '../support.ts';

const etcd: NamedOwner = { user: 'nobody', group: 'nogroup', uid: 65_534, gid: 65_534 };
const needsRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can run a program as another user' };

/** A program that prints a version, in a folder that every user can pass through. */
function programFor(t: Test, script = 'echo "etcd Version: 3.5.30"') {
  const outer = temporaryFolder(t);
  chmodSync(outer, 0o755);
  const folder = join(outer, 'opt');
  mkdirSync(folder, { mode: 0o755 });
  const path = join(folder, 'etcd');
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { folder, path };
}

/** The refusal of this etcd, because of this problem. */
const unusable = (binary: string, problem: string) => ({
  code: 'etcd_unusable',
  facts: { binary, problem, command: `su -s /bin/sh nobody -c '${binary} --version'` },
});
const lacksPermission = 'the user nobody has no permission to run it';

t.test('an etcd is asked as the user that will run it', needsRoot, async (t) => {
  const { path } = programFor(t, 'test "$(id -u):$(id -G)" = 65534:65534 && echo "etcd Version: 3.5.30"');
  t.equal(await readEtcdVersion(path, etcd), '3.5.30');
});

t.test('a mode that lets only root run etcd is reported', needsRoot, async (t) => {
  const { path } = programFor(t);
  chmodSync(path, 0o700);
  t.equal(await readEtcdVersion(path), '3.5.30');
  t.strictSame(await refusal(readEtcdVersion(path, etcd)), unusable(path, lacksPermission));
});

t.test('a folder that etcd’s user cannot pass through is named', needsRoot, async (t) => {
  const { folder, path } = programFor(t);
  chmodSync(folder, 0o700);
  const problem = `the user nobody cannot pass through the folder ${folder}`;
  t.strictSame(await refusal(readEtcdVersion(path, etcd)), unusable(path, problem));
});

t.test('a library that etcd’s user lacks is reported in the loader’s words', needsRoot, async (t) => {
  const { path } = programFor(t, 'echo "error while loading shared libraries: libx.so" >&2; exit 127');
  const problem = '--version failed: error while loading shared libraries: libx.so';
  t.strictSame(await refusal(readEtcdVersion(path, etcd)), unusable(path, problem));
});

t.test('a file system mounted noexec is named', mountsNeeded, async (t) => {
  const { folder } = programFor(t);
  const module = (name: string) => JSON.stringify(new URL(`../../src/${name}.ts`, import.meta.url).href);
  const script = `
    const { readEtcdVersion } = await import(${module('host/programs')});
    const { etcdInstalled } = await import(${module('preflight/etcd-installed')});
    const { inspection } = await import(${module('host/inspection')});
    const path = ${JSON.stringify(join(folder, 'etcd'))};
    const say = (error) => console.log(error.message);
    await readEtcdVersion(path).catch(say);
    await etcdInstalled(inspection(''), { read: async () => null }, path).catch(say);`;
  const shell = 'mount --bind "$0" "$0" && mount -o remount,bind,noexec "$0" && exec "$@"';
  const node = [process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr } = await runToEnd('unshare', [...ownMounts, 'sh', '-ec', shell, folder, ...node]);
  const lines = stdout.trim().split('\n');
  t.equal(lines.length, 2, stderr);
  for (const line of lines) t.match(line, `it is on ${folder}, which is mounted with the option noexec.`);
});

t.test(
  'an etcd that its user can no longer run is noticed, with the reason, and so is the repair',
  needsRoot,
  async (t) => {
    const { folder, path } = programFor(t);
    const reader = etcdVersionReader(path, (binary) => readEtcdVersion(binary, etcd));
    t.strictSame([(await reader.installed())?.version ?? null, reader.problem()], ['3.5.30', null]);
    chmodSync(path, 0o700);
    t.equal((await reader.installed())?.version ?? null, null);
    t.match(reader.problem(), { facts: { error: 'etcd_unusable', details: { problem: lacksPermission } } });
    chmodSync(path, 0o755);
    t.strictSame([(await reader.installed())?.version ?? null, reader.problem()], ['3.5.30', null]);
    chmodSync(folder, 0o700);
    t.equal((await reader.installed())?.version ?? null, null);
    t.match(reader.problem(), {
      facts: { error: 'etcd_unusable', details: { problem: /cannot pass through the folder/ } },
    });
  },
);

t.test('an etcd that is not installed has no problem', async (t) => {
  const reader = etcdVersionReader('/nowhere/etcd', (binary) => readEtcdVersion(binary, null));
  t.strictSame([(await reader.installed())?.version ?? null, reader.problem()], [null, null]);
});
