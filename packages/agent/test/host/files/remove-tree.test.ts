import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findBusybox } from '../../../../../test/support/busybox.ts';
import { runToEnd } from '../../../../../test/support/children.ts';
import { hostFiles } from '../../../src/host/files/files.ts';
import { removeTree } from '../../../src/host/files/remove-tree.ts';
import { type RunAs, runAs } from '../../../src/host/run-as.ts';
import { refusal, temporaryFolder } from '../../support.ts';
import { etcdIds, giveToEtcd, needsRoot, startRacer, victimFolder, wideTree } from './link-racer.ts';

t.test('a tree goes with links and names of all kinds, and nothing that a link leads to', async (t) => {
  const above = temporaryFolder(t);
  const [tree, victim] = [join(above, 'tree'), victimFolder(join(above, 'victim'))];
  for (const name of ['a/b', '.hidden', '-rf', 'two words']) mkdirSync(join(tree, name), { recursive: true });
  writeFileSync(join(tree, 'two words/file'), '');
  symlinkSync(victim.path, join(tree, 'a/b/link'));
  await removeTree(tree);
  t.strictSame(readdirSync(above), ['victim']);
  t.strictSame(victim.left(), ['a', 'b', 'c']);
});

t.test('a link and a file go, not what the link leads to, and what does not exist is no error', async (t) => {
  const above = temporaryFolder(t);
  const victim = victimFolder(join(above, 'victim'));
  symlinkSync(victim.path, join(above, 'link'));
  writeFileSync(join(above, 'file'), '');
  for (const name of ['link', 'file', 'missing']) await removeTree(join(above, name));
  t.strictSame(readdirSync(above), ['victim']);
  t.strictSame(victim.left(), ['a', 'b', 'c']);
});

t.test('a tree of another user goes, though that user has no name and cannot reach it', needsRoot, async (t) => {
  const above = temporaryFolder(t);
  const tree = join(above, 'own/of-etcd');
  for (const name of ['a/b', '.hidden', '-rf', 'closed']) mkdirSync(join(tree, name), { recursive: true });
  for (const name of ['closed/file', 'a/of-root']) writeFileSync(join(tree, name), '');
  giveToEtcd(tree);
  chownSync(join(tree, 'a/of-root'), 0, 0);
  chmodSync(join(tree, 'closed'), 0);
  chmodSync(tree, 0);
  chmodSync(above, 0o700);
  await removeTree(join(above, 'own'));
  t.strictSame(readdirSync(above), []);
});

t.test('busybox removes it as well', needsRoot, async (t) => {
  const above = temporaryFolder(t);
  chmodSync(above, 0o755);
  const [programs, tree] = [join(above, 'programs'), join(above, 'tree')];
  mkdirSync(programs, { mode: 0o755 });
  copyFileSync(await findBusybox(), join(programs, 'busybox'));
  chmodSync(join(programs, 'busybox'), 0o755);
  for (const name of ['sh', 'find', 'rm', 'chmod']) symlinkSync('busybox', join(programs, name));
  for (const name of ['a/b', '.hidden', '-rf', 'closed']) mkdirSync(join(tree, name), { recursive: true });
  writeFileSync(join(tree, 'closed/file'), '');
  giveToEtcd(tree);
  chmodSync(join(tree, 'closed'), 0);
  chmodSync(above, 0o711);
  const asAlpine: RunAs = (_shell, args, options) =>
    runAs('/usr/bin/env', [`PATH=${programs}`, join(programs, 'sh'), ...args], options);
  await removeTree(tree, asAlpine);
  t.strictSame(readdirSync(above), ['programs']);
});

t.test('what is in the folder of another user is removed with that user’s rights alone', needsRoot, async (t) => {
  const tree = join(temporaryFolder(t), 'tree');
  mkdirSync(join(tree, 'of-root/inner'), { recursive: true });
  giveToEtcd(tree);
  chownSync(join(tree, 'of-root'), 0, 0);
  t.match(await refusal(removeTree(tree)), {
    code: 'path_not_removed',
    facts: { path: tree, uid: etcdIds.uid, problem: /^rm: .*of-root.*Permission denied/ },
  });
  t.ok(existsSync(join(tree, 'of-root/inner')));
});

t.test('a folder that becomes a link between the check and the act leads root nowhere', needsRoot, async (t) => {
  const above = temporaryFolder(t);
  const [tree, victim] = [join(above, 'tree'), victimFolder(join(above, 'victim'))];
  wideTree(tree, { folders: 2 });
  let swapped = 0;
  await removeTree(tree, (...command) => {
    // At this moment, root has looked at the tree, and nothing is removed yet.
    renameSync(join(tree, 'folder0'), join(tree, 'aside'));
    symlinkSync(victim.path, join(tree, 'folder0'));
    swapped += 1;
    return runAs(...command);
  });
  t.equal(swapped, 1);
  t.strictSame(victim.left(), ['a', 'b', 'c']);
  t.strictSame(readdirSync(above), ['victim']);
});

t.test('a folder that others can write in is closed to them before root looks into it', needsRoot, async (t) => {
  const above = temporaryFolder(t);
  chmodSync(above, 0o755);
  const [tree, victim] = [join(above, 'tree'), victimFolder(join(above, 'victim'))];
  mkdirSync(join(tree, 'of-root'), { recursive: true });
  wideTree(join(tree, 'of-etcd'), { folders: 1 });
  chmodSync(tree, 0o777);
  await removeTree(tree, async (...command) => {
    const swap = `mv ${tree}/of-root ${tree}/aside && ln -s ${victim.path} ${tree}/of-root`;
    const { error } = await runAs('/bin/sh', ['-c', swap], { owner: etcdIds, patienceMs: 60_000 });
    t.ok(error, 'its names no longer change');
    return runAs(...command);
  });
  t.strictSame(victim.left(), ['a', 'b', 'c']);
  t.notOk(existsSync(tree));
});

t.test('no process of the owner leads root out of the tree, whatever it replaces meanwhile', needsRoot, async (t) => {
  for (let round = 0; round < 4; round += 1) {
    const above = temporaryFolder(t);
    const [tree, victim] = [join(above, 'tree'), victimFolder(join(above, 'victim'))];
    wideTree(tree);
    const racer = await startRacer(t, tree, victim.path);
    // Its owner may keep the tree from being removed, and then the error says so.
    const said = await refusal(hostFiles().removeTree(tree)).catch(() => null);
    t.match(said?.code ?? 'path_not_removed', 'path_not_removed');
    await racer.stop();
    t.strictSame(victim.left(), ['a', 'b', 'c']);
    await removeTree(tree);
    t.strictSame(readdirSync(above), ['victim']);
  }
});

t.test('a folder that its user fills again meanwhile is reported', needsRoot, async (t) => {
  const tree = join(temporaryFolder(t), 'tree');
  wideTree(tree, { folders: 1 });
  const refused = await refusal(
    removeTree(tree, async (...command) => {
      const ended = await runAs(...command);
      await runToEnd('touch', [join(tree, 'new')]);
      return ended;
    }),
  );
  t.match(refused, { facts: { problem: 'its user makes files in it meanwhile' } });
  t.ok(lstatSync(join(tree, 'new')));
});
