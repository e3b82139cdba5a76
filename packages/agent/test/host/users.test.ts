import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hostFiles } from '../../src/host/files.ts';
import { etcdOwner, findUser } from '../../src/host/users.ts';
import { refusal, temporaryFolder } from '../support.ts';

t.test('a user is found by its whole name', async (t) => {
  const passwd = join(temporaryFolder(t), 'passwd');
  writeFileSync(
    passwd,
    'root:x:0:0::/root:/bin/sh\netcd2:x:7:7::/:/bin/false\netcd:x:102:103::/var/lib/etcd:/bin/false\n',
  );
  t.strictSame(await findUser(hostFiles(), 'etcd', passwd), { uid: 102, gid: 103 });
  const { code, message } = await refusal(findUser(hostFiles(), 'etc', passwd));
  t.equal(code, 'user_unknown');
  t.equal(message, 'There is no user etc on this machine, so etcd cannot run as it.');
});

t.test('R4: root’s etcd runs as etcd, whatever the paths; anybody else’s as who runs the agent', async (t) => {
  const passwd = 'root:x:0:0::/root:/bin/sh\netcd:x:104:105::/var/lib/etcd:/bin/false\n';
  const machine = { read: async () => passwd };
  t.strictSame(await etcdOwner(machine, null, 0), { uid: 104, gid: 105 });
  t.strictSame(await etcdOwner(machine, 'root', 0), { uid: 0, gid: 0 });
  t.equal(await etcdOwner(machine, null, 1000), null);
  t.equal((await refusal(etcdOwner({ read: async () => '' }, null, 0))).code, 'user_unknown');
});
