import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { restoreDataDir } from '../../src/host/etcdutl.ts';
import { temporaryFolder } from '../support.ts';

const nobody = 65_534;
const needsRoot = process.getuid?.() === 0 ? {} : { skip: 'only root gives files away' };

t.test('a restored data dir goes to etcd’s user, and nothing that a link in it leads to', needsRoot, async (t) => {
  const folder = temporaryFolder(t);
  const [victim, etcdutl] = [join(folder, 'victim'), join(folder, 'etcdutl')];
  writeFileSync(victim, 'of root');
  // What stands after --data-dir is where it is to restore to.
  const script = `#!/bin/sh\nwhile [ "$1" != --data-dir ]; do shift; done\nmkdir -p "$2" && ln -s ${victim} "$2/link"\n`;
  writeFileSync(etcdutl, script);
  chmodSync(etcdutl, 0o755);
  const request = {
    ...{ id: 's1', file: victim, folder: join(folder, 'data'), owner: { uid: nobody, gid: nobody } },
    ...{ name: 'a', peerUrl: 'https://127.0.0.1:2380', token: 'token' },
  };
  await t.rejects(restoreDataDir(etcdutl, request));
  t.equal(statSync(victim).uid, 0);
  t.equal(readFileSync(victim, 'utf8'), 'of root');
});
