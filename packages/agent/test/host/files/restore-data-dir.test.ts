import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { restoreDataDir } from '../../../src/host/files/restore-data-dir.ts';
import { etcdUser, openFolder } from '../../snapshots/sample-snapshot.ts';

t.test(
  'a restored data directory with a link in it is refused, and the target of the link is not touched',
  async (t) => {
    const folder = openFolder(t);
    const [victim, etcdutl, file] = [join(folder, 'victim'), join(folder, 'etcdutl'), join(folder, 'snapshot.db')];
    writeFileSync(victim, 'of root');
    writeFileSync(file, 'a snapshot');
    // After --data-dir comes the target of the restore.
    const script = `#!/bin/sh\nwhile [ "$1" != --data-dir ]; do shift; done\nln -s ${victim} "$2/link"\n`;
    writeFileSync(etcdutl, script);
    chmodSync(etcdutl, 0o755);
    const before = statSync(victim);
    const request = {
      ...{ id: 's1', file, folder: join(folder, 'data'), owner: etcdUser },
      ...{ name: 'a', peerUrl: 'https://127.0.0.1:2380', token: 'token' },
    };
    await t.rejects(restoreDataDir(etcdutl, request), { code: 'ELOOP' });
    t.equal(statSync(victim).uid, before.uid);
    t.equal(readFileSync(victim, 'utf8'), 'of root');
    t.notOk(existsSync(request.folder));
  },
);
