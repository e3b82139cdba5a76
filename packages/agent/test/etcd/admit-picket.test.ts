import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { credentialPem } from '../pki.ts';
import { ca, type Member, patience, serving, versions } from './etcdctl-member.ts';

/** Somebody has switched authentication on, and Picket has no user; or one that somebody made. */
async function switchedOn({ ctl }: Member, ...more: readonly (readonly string[])[]): Promise<void> {
  await ctl('user', 'add', 'root:secret');
  await ctl('user', 'grant-role', 'root', 'root');
  for (const args of more) await ctl(...args);
  await ctl('auth', 'enable');
}

async function rootOf({ place }: Member): Promise<string> {
  const path = join(dirname(place.credentialFile), 'root.pem');
  await writeFile(`${path}.new`, await credentialPem(ca, { usage: 'admin', sans: [], commonName: 'root' }), {
    mode: 0o600,
  });
  await rename(`${path}.new`, path);
  return path;
}

for (const { etcd: binary, version } of versions) {
  t.test(`etcd ${version}: root makes Picket’s user, and the agent is let in`, async (t) => {
    const member = await serving(t, { binary });
    const { gateway } = member;
    await switchedOn(member);
    t.equal(await gateway.report(), null);
    t.ok(gateway.authentication().on);
    const root = await rootOf(member);
    await gateway.admitPicket(root, patience());
    t.match(await gateway.report(), { linearizableRead: true });
    await gateway.admitPicket(root, patience());
    t.match(await gateway.report(), { linearizableRead: true }, 'doing it again changes nothing');
  });
}

t.test('R8 a user of that name that came along does not get the role root with its password', async (t) => {
  const member = await serving(t);
  const { gateway, program, endpoint, ctl } = member;
  await switchedOn(member, ['user', 'add', 'picket-agent:known']);
  const root = await rootOf(member);
  await gateway.admitPicket(root, patience());
  t.match(await gateway.report(), { linearizableRead: true });
  t.match(await ctl('user', 'get', 'picket-agent'), /Roles: root/);
  const asKnown = program.run(endpoint.clientUrl, ['--user=picket-agent:known', 'user', 'list'], {
    deadlineMs: 10_000,
  });
  await t.rejects(asKnown, /authentication/);
});
