import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { restoreDataDir } from '../../../src/host/files/restore-data-dir.ts';
import { etcdUser, openFolder } from '../../snapshots/sample-snapshot.ts';
import { refusal } from '../../support.ts';
import { giveToEtcd, needsRoot, victimFolder } from './link-racer.ts';

/** A restore with a program that does this in the folder to make. */
function given(t: Test, acts: string) {
  const folder = openFolder(t);
  const [etcdutl, file] = [join(folder, 'etcdutl'), join(folder, 'snapshot.db')];
  writeFileSync(file, 'a snapshot');
  // After --data-dir comes the target of the restore.
  writeFileSync(etcdutl, `#!/bin/sh\nwhile [ "$1" != --data-dir ]; do shift; done\ncd "$2"\n${acts}\n`);
  chmodSync(etcdutl, 0o755);
  const request = {
    ...{ id: 's1', file, folder: join(folder, 'data'), owner: etcdUser },
    ...{ name: 'a', peerUrl: 'https://127.0.0.1:2380', token: 'token' },
  };
  return { folder, data: request.folder, restore: () => restoreDataDir(etcdutl, request) };
}

t.test('a link in a restored data directory leads nowhere', async (t) => {
  const { folder, data, restore } = given(t, 'mkdir member; ln -s ../victim/of-root ../victim/missing . ; mkfifo pipe');
  const victim = join(folder, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'of-root'), 'of root', { mode: 0o600 });
  const before = statSync(victim);
  // Only a link that leads to nothing or to a file of others could fail, and a pipe could wait.
  await restore();
  t.strictSame(readdirSync(data).sort(), ['member', 'missing', 'of-root', 'pipe']);
  t.strictSame([statSync(victim).uid, readFileSync(join(victim, 'of-root'), 'utf8')], [before.uid, 'of root']);
});

t.test('what a restored data directory holds is opened with the rights of etcd’s user alone', needsRoot, async (t) => {
  const { folder, data, restore } = given(t, 'echo x >file; chmod 0 file');
  t.match(await refusal(restore()), {
    code: 'restore_failed',
    facts: { problem: /^sync says: .*file.*Permission denied/ },
  });
  t.notOk(existsSync(data));
  t.strictSame(readdirSync(folder).sort(), ['etcdutl', 'snapshot.db'], 'whole, or not at all');
});

t.test('what a crashed restore left is removed with the rights of its user alone', needsRoot, async (t) => {
  const { folder, data, restore } = given(t, 'mkdir member');
  const left = `${data}.restoring-1`;
  mkdirSync(left);
  giveToEtcd(left);
  const victim = victimFolder(join(left, 'of-root'));
  t.equal((await refusal(restore())).code, 'path_not_removed');
  t.strictSame(victim.left(), ['a', 'b', 'c']);
  t.notOk(existsSync(data));
  t.ok(existsSync(join(folder, 'snapshot.db')));
});
