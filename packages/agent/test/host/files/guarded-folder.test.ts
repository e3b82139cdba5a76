import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkGuarded, guardFolder, guardOf } from '../../../src/host/files/guarded-folder.ts';
import { refusal, temporaryFolder } from '../../support.ts';

const etcd = { uid: 104, gid: 105 };

t.test('R4: a folder that etcd could write in, or not pass through, is corrected or refused', async (t) => {
  const judged = (uid: number, gid: number, mode: number) => guardOf({ uid, gid, mode }, etcd, 0);
  for (const fine of [judged(0, 0, 0o711), judged(0, 0, 0o755), judged(0, 105, 0o750)]) t.equal(fine, 'fine');
  for (const wrong of [judged(0, 0, 0o700), judged(0, 0, 0o777), judged(0, 105, 0o775), judged(0, 105, 0o701)]) {
    t.equal(wrong, 'to-mend');
  }
  t.match(judged(104, 0, 0o700), { problem: /the user that etcd runs as/ });
  t.match(judged(1000, 0, 0o711), { problem: /another user \(uid 1000\)/ });
  t.match(guardOf({ uid: 0, gid: 0, mode: 0o700 }, etcd, 1000), { problem: /cannot pass through/ });
  for (const owner of [null, { uid: 0, gid: 0 }]) {
    t.equal(guardOf({ uid: 0, gid: 0, mode: 0o777 }, owner, 0), 'fine', 'an etcd of the agent’s own user');
  }
});

t.test(
  'R4: a wrong mode is corrected if the folder is the agent’s, and all else is refused with the remedy',
  async (t) => {
    const path = join(temporaryFolder(t), 'picket');
    const folder = { path, mode: 0o711 };
    await t.resolves(checkGuarded(folder, etcd, 0), 'one that does not exist yet');
    mkdirSync(path);
    chmodSync(path, 0o770);
    await guardFolder(folder, etcd);
    t.equal(statSync(path).mode & 0o777, 0o711);
    if (process.getuid?.() !== 0) return;
    chownSync(path, etcd.uid, etcd.gid);
    t.strictSame(await refusal(checkGuarded(folder, etcd, 0)), {
      code: 'data_root_exposed',
      facts: { path, problem: 'it belongs to the user that etcd runs as', mode: '711' },
    });
  },
);
