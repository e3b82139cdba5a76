import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { etcdOwner, findUser } from '../../src/host/users.ts';
import { refusal, temporaryFolder } from '../support.ts';

t.test('a user is found by the whole name', async (t) => {
  const folder = temporaryFolder(t);
  const lists = { passwd: join(folder, 'passwd'), group: join(folder, 'group') };
  writeFileSync(
    lists.passwd,
    'root:x:0:0::/root:/bin/sh\netcd2:x:7:7::/:/bin/false\netcd:x:102:103::/var/lib/etcd:/bin/false\n',
  );
  writeFileSync(lists.group, 'root:x:0:\nkv:x:103:operator\n');
  const found = { user: 'etcd', uid: 102, gid: 103 };
  t.strictSame(await findUser(hostFiles(), 'etcd', lists), { ...found, group: 'kv' });
  writeFileSync(lists.group, 'root:x:0:\n');
  t.strictSame(await findUser(hostFiles(), 'etcd', lists), { ...found, group: '103' }, 'a group without a name');
  t.strictSame(await refusal(findUser(hostFiles(), 'etc', lists)), { code: 'user_unknown', facts: { user: 'etc' } });
});

t.test('R4: root’s etcd runs as etcd, whatever the paths; any other’s as the user that runs the agent', async (t) => {
  const texts = new Map([
    ['/etc/passwd', 'root:x:0:0::/root:/bin/sh\netcd:x:104:105::/var/lib/etcd:/bin/false\n'],
    ['/etc/group', 'root:x:0:\netcd:x:105:\n'],
  ]);
  const machine = { read: async (path: string) => texts.get(path) ?? null };
  t.strictSame(await etcdOwner(machine, null, 0), { user: 'etcd', group: 'etcd', uid: 104, gid: 105 });
  t.strictSame(await etcdOwner(machine, 'root', 0), { user: 'root', group: 'root', uid: 0, gid: 0 });
  t.equal(await etcdOwner(machine, null, 1000), null);
  t.equal((await refusal(etcdOwner({ read: async () => '' }, null, 0))).code, 'user_unknown');
});
