import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findProgram } from '../../src/host/programs.ts';
import { temporaryFolder } from '../support.ts';

t.test('a program is the same one for shells that search in another order', async (t) => {
  const folder = temporaryFolder(t);
  const [real, link] = [join(folder, 'usr/bin'), join(folder, 'bin')];
  mkdirSync(real, { recursive: true });
  symlinkSync('usr/bin', link);
  writeFileSync(join(real, 'etcd-3.5'), '', { mode: 0o755 });
  symlinkSync('etcd-3.5', join(real, 'etcd'));
  t.equal(
    await findProgram('etcd', `${link}:${real}`),
    join(real, 'etcd'),
    'not the present target of a package’s link',
  );
  t.equal(await findProgram('etcd', `/nowhere:${real}:${link}`), join(real, 'etcd'));
  t.equal(await findProgram('etcd', '/nowhere'), null);
});
