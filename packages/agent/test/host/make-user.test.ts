import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { mountsNeeded } from '../../../../test/support/own-mounts.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { makeMissingUser } from '../../src/host/make-user.ts';
import { refusal, temporaryFolder } from '../support.ts';

const user = 'picket-etcd';
const asRoot = process.getuid?.() === 0 ? mountsNeeded : { skip: 'only root can make a user' };
const module = new URL('../../src/host', import.meta.url).href;

/** Makes the user twice, in an /etc that nobody else sees, which this shell command prepares first. */
async function madeTwice(folder: string, prepare: string) {
  const script = join(folder, 'make.ts');
  writeFileSync(
    script,
    `import { hostFiles } from '${module}/files/files.ts';
    import { makeMissingUser } from '${module}/make-user.ts';
    const make = () => makeMissingUser(hostFiles(), '${user}');
    console.log(JSON.stringify([await make(), await make()]));`,
  );
  const etc = `mount -t tmpfs none /mnt && cp -a /etc/. /mnt/ && mount --move /mnt /etc && ${prepare}`;
  const show = `grep -h '^${user}:' /etc/passwd /etc/group /etc/shadow`;
  const shell = `${etc} && "$0" "${script}" && ${show}`;
  // The root of a user namespace could not keep the owners of these files.
  return runToEnd('unshare', ['--mount', 'sh', '-c', shell, process.execPath]);
}

t.test('useradd makes a system user with its group, which cannot log in and has no home', asRoot, async (t) => {
  const { code, stdout, stderr } = await madeTwice(temporaryFolder(t), 'true');
  t.equal(code, 0, stderr);
  const [made, passwd = '', group = '', shadow = ''] = stdout.trim().split('\n');
  t.equal(made, '[true,false]');
  const [, uid = '', gid] =
    /^picket-etcd:x:(\d+):(\d+):[^:]*:\/var\/lib\/etcd:\/usr\/sbin\/nologin$/.exec(passwd) ?? [];
  t.ok(Number(uid) > 0 && Number(uid) < 1000, passwd);
  t.equal(group, `picket-etcd:x:${gid}:`);
  t.match(shadow, /^picket-etcd:!/);
});

t.test('a group of that name becomes the group of the new user', asRoot, async (t) => {
  const { code, stdout, stderr } = await madeTwice(temporaryFolder(t), `groupadd --system --gid 871 ${user}`);
  t.equal(code, 0, stderr);
  t.match(stdout, /^picket-etcd:x:\d+:871:/m);
});

t.test('a system without useradd and adduser: user_not_made, with the command', async (t) => {
  const refused = await refusal(makeMissingUser(hostFiles(), user, temporaryFolder(t)));
  t.match(refused, { code: 'user_not_made', facts: { user, command: /^addgroup .* && adduser .*picket-etcd$/ } });
});

t.test('a user that exists is left as it is', async (t) => {
  t.equal(await makeMissingUser(hostFiles(), 'root', '/nowhere'), false);
});
