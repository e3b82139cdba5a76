import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  etcdIds,
  giveToEtcd,
  needsRoot,
  startRacer,
  victimFolder,
  wideTree,
} from '../../packages/agent/test/host/files/link-racer.ts';
import { findBusybox } from '../support/busybox.ts';
import { runToEnd } from '../support/children.ts';
import { mountsNeeded } from '../support/own-mounts.ts';

const busybox = await findBusybox();
const applets = ['chmod', 'find', 'grep', 'head', 'rm', 'rmdir', 'sed', 'stat', 'su'];
const mountsAsRoot = { ...mountsNeeded, ...needsRoot };
const installer = readFileSync(join(import.meta.dirname, '../../packaging/install.sh'), 'utf8');

/** A machine of Alpine's programs, with or without Node.js, and what a purge would remove there. */
function machine(t: Test, { node }: { readonly node: boolean }) {
  const above = mkdtempSync(join(tmpdir(), 'picket-purge-'));
  t.teardown(() => rmSync(above, { recursive: true, force: true }));
  chmodSync(above, 0o755);
  const [programs, state] = [join(above, 'bin'), join(above, 'state')];
  mkdirSync(programs, { mode: 0o755 });
  copyFileSync(busybox, join(programs, 'busybox'));
  chmodSync(join(programs, 'busybox'), 0o755);
  for (const applet of applets) symlinkSync('busybox', join(programs, applet));
  if (node) symlinkSync(process.execPath, join(programs, 'node'));
  const data = join(state, 'etcd/life1');
  mkdirSync(data, { recursive: true });
  // Without its last line, which calls it, the script only defines its functions.
  const script = installer.slice(0, installer.lastIndexOf('main "$@"'));
  writeFileSync(join(above, 'functions'), script);
  // Not the shell of this busybox, which takes its own programs instead of those on PATH.
  const commands = `. "$0"; dry=no stuck=; remove_file ${state}; echo "stuck:$stuck"`;
  const options = { env: { PATH: programs }, bare: true, within: 120_000 } as const;
  return {
    ...{ above, programs, state, data },
    victim: victimFolder(join(above, 'victim')),
    /** Removes the state, and prints what stays. */
    remove: () => runToEnd('/bin/sh', ['-c', commands, join(above, 'functions')], options),
  };
}

for (const node of [true, false]) {
  const way = node ? 'Node.js' : 'su';
  // su knows names only.
  const ids = node ? etcdIds : { uid: 65_534, gid: 65_534 };

  t.test(`with busybox and ${way}, a purge removes data of etcd’s user, and follows no link`, needsRoot, async (t) => {
    const { above, data, victim, remove } = machine(t, { node });
    for (const name of ['member/wal', '.hidden', '-rf', 'closed']) mkdirSync(join(data, name), { recursive: true });
    writeFileSync(join(data, 'closed/file'), '');
    symlinkSync(victim.path, join(data, 'member/link'));
    giveToEtcd(data, ids);
    chmodSync(join(data, 'closed'), 0);
    chmodSync(data, 0);
    const { stdout, stderr } = await remove();
    t.strictSame([stdout, stderr], ['stuck:\n', '']);
    t.notOk(readdirSync(above).includes('state'));
    t.strictSame(victim.left(), ['a', 'b', 'c']);
  });

  t.test(`with busybox and ${way}, root removes nothing in a folder of etcd’s user itself`, needsRoot, async (t) => {
    const { data, state, remove } = machine(t, { node });
    mkdirSync(join(data, 'member'));
    giveToEtcd(data, ids);
    const kept = victimFolder(join(data, 'of-root'));
    const { stdout, stderr } = await remove();
    t.equal(stdout, `stuck: ${state}\n`);
    t.match(stderr, `! ${state} could not be removed`);
    t.strictSame(kept.left(), ['a', 'b', 'c']);
  });

  t.test(`with busybox and ${way}, a folder that becomes a link leads root nowhere`, needsRoot, async (t) => {
    const { above, data, programs, victim, remove } = machine(t, { node });
    wideTree(data, { folders: 2, owner: ids });
    const box = join(programs, 'busybox');
    // At this moment, root has looked at the folders, and nothing in them is removed yet.
    const swap = `${box} mv ${data}/folder0 ${data}/aside && ${box} ln -s ${victim.path} ${data}/folder0`;
    rmSync(join(programs, 'stat'));
    const script = `#!/bin/sh\n[ -e ${data}/aside ] || { ${swap}; }\nexec ${box} stat "$@"\n`;
    writeFileSync(join(programs, 'stat'), script, { mode: 0o755 });
    const { stdout } = await remove();
    t.equal(stdout, 'stuck:\n');
    t.strictSame(victim.left(), ['a', 'b', 'c']);
    t.notOk(readdirSync(above).includes('state'));
  });
}

t.test('with busybox, no process of etcd’s user leads a purge out of its data', needsRoot, async (t) => {
  const { above, data, remove } = machine(t, { node: true });
  // busybox removes quickly: it takes this much for an unguarded purge to be led astray in many runs.
  const names = Array.from({ length: 400 }, (_, index) => `file${index + 100}`);
  const victim = victimFolder(join(above, 'large-victim'), names);
  wideTree(data, { folders: 10, names });
  const racer = await startRacer(t, data, victim.path);
  await remove();
  await racer.stop();
  t.strictSame(victim.left(), names);
  t.equal((await remove()).stdout, 'stuck:\n');
  t.notOk(readdirSync(above).includes('state'));
});

t.test('a purge puts no file back where another user can create a link, and keeps it', mountsAsRoot, async (t) => {
  const { above, state, victim } = machine(t, { node: true });
  mkdirSync(join(state, 'replaced'));
  writeFileSync(join(state, 'replaced/etc-etcd-conf.yml'), 'of the package');
  // An /etc of its own, which nobody else sees.
  const shell = `mount -t tmpfs none /etc && mkdir /etc/etcd && ln -s ${victim.path}/new /etc/etcd/conf.yml && chown $1 /etc/etcd
    . "$0"; dry=no work=${above} statedir=${state} added=; put_back; cat /etc/etcd/conf.yml`;
  const putBack = (owner: string) =>
    runToEnd('unshare', ['--mount', 'sh', '-c', shell, join(above, 'functions'), owner], { within: 60_000 });
  const refused = await putBack('65534');
  t.equal(refused.code, 1);
  t.match(
    refused.stderr,
    /^error: \/etc\/etcd\/conf\.yml is not put back .*: users other than root can write in \/etc\/etcd$/m,
  );
  t.match(refused.stderr, /^hint: Run: chown root:root \/etc\/etcd && chmod go-w \/etc\/etcd\. Then run this again\./m);
  t.strictSame(victim.left(), ['a', 'b', 'c']);
  const done = await putBack('0');
  t.strictSame([done.code, done.stdout], [0, 'of the package']);
  t.strictSame(victim.left(), ['a', 'b', 'c'], 'a link that is there already');
});
