import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { chosenPrograms, type EtcdPrograms, installedPrograms } from '../../src/rehearsals/programs.ts';

const [five, six, seven] = ['3.5.33', '3.6.14', '3.7.1'].map(
  (version): EtcdPrograms => ({ version, etcd: `/${version}/etcd`, etcdutl: `/${version}/etcdutl` }),
) as [EtcdPrograms, EtcdPrograms, EtcdPrograms];

t.test(
  'a rehearsal takes the minor version of the cluster, else one that serves the data of the snapshot',
  async (t) => {
    const all = [seven, five, six];
    t.equal(chosenPrograms(all, { format: '3.5', minor: '3.6' }), six);
    t.equal(chosenPrograms([seven, five], { format: '3.5', minor: '3.6' }), seven, 'the first');
    t.equal(chosenPrograms([five, seven], { format: '3.7', minor: '3.5' }), seven, 'not one that cannot serve it');
    t.equal(chosenPrograms([five, six], { format: '3.7', minor: '3.7' }), null);
    t.equal(chosenPrograms([{ ...five, version: '3.8.0' }], { format: '3.5', minor: '3.5' }), null, 'nobody has tried');
  },
);

t.test('installed programs are found on the path, or beside the configured etcdutl', async (t) => {
  const folder = t.testdir();
  const put = (place: string, name: string, script: string) => {
    const path = join(folder, place, name);
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const etcdutl = put('one', 'etcdutl', '');
  const path = `relative:${join(folder, 'one')}:${join(folder, 'other')}`;
  t.equal(await installedPrograms(undefined, path), null, 'no etcd');
  const etcd = put('other', 'etcd', 'echo "etcd Version: 3.6.14"; echo "Git SHA: a1b2c3d"');
  t.strictSame(await installedPrograms(undefined, path), { version: '3.6.14', etcd, etcdutl });
  t.equal(await installedPrograms(etcdutl, path), null, 'the configured one may be of another version');
  const beside = put('one', 'etcd', 'echo "etcd Version: 3.5.33"');
  t.strictSame(await installedPrograms(etcdutl, ''), { version: '3.5.33', etcd: beside, etcdutl });
  put('one', 'etcd', 'exit 1');
  t.equal(await installedPrograms(etcdutl, ''), null, 'it cannot be started');
});
