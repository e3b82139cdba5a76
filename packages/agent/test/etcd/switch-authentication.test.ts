import { rm } from 'node:fs/promises';
import t from 'tap';
import { reasonOfEtcd } from '../../src/etcd/etcd.ts';
import { etcdctlMember, type Member, patience, serving, versions } from './etcdctl-member.ts';

async function switchOn({ gateway }: Member, clients: readonly string[] = []): Promise<void> {
  await gateway.prepareAuthentication(clients, patience());
  await gateway.enableAuthentication(patience());
}

/** The code of the reason why this fails; null if it does not. */
async function refusal(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return reasonOfEtcd(error);
  }
}

for (const { etcd: binary, version } of versions) {
  t.test(`etcd ${version}: authentication is switched on and off`, async (t) => {
    const member = await serving(t, { binary });
    const { gateway, ctl } = member;
    await switchOn(member);
    t.match(await gateway.report(), { linearizableRead: true });
    t.match(gateway.authentication(), { on: true, refused: null });
    t.match(await ctl('auth', 'status'), 'Authentication Status: true');
    t.match(await refusal(switchOn(member)), { code: 'authentication_is', facts: { on: true } });

    await gateway.disableAuthentication(patience());
    t.equal(gateway.authentication().on, false);
    t.match(await gateway.report(), { linearizableRead: true });
    t.equal(gateway.authentication().on, false);
    t.match(await ctl('auth', 'status'), 'Authentication Status: false');
    await gateway.disableAuthentication(patience());
    await switchOn(member);
    t.match(await gateway.report(), { linearizableRead: true }, 'with the users of the first time');
  });

  t.test(`etcd ${version}: an agent that has not seen that authentication is on switches it off`, async (t) => {
    const member = await serving(t, { binary });
    const { gateway, ctl } = member;
    await gateway.prepareAuthentication([], patience());
    await ctl('auth', 'enable');
    await gateway.disableAuthentication(patience());
    await gateway.report();
    t.equal(gateway.authentication().on, false);
    await ctl('auth', 'enable');
    await gateway.report();
    t.equal(gateway.authentication().on, true, 'the gateway is asked again, and refuses');
  });
}

t.test('R16: authentication stays off while a client has no user with a role', async (t) => {
  const member = await serving(t);
  const { gateway, ctl } = member;
  await ctl('user', 'add', 'client:app-1', '--no-password');
  await ctl('user', 'add', 'client:app-2', '--no-password');
  await ctl('role', 'add', 'app');
  await ctl('user', 'grant-role', 'client:app-2', 'app');
  t.same(await refusal(gateway.prepareAuthentication(['client:app-1', 'client:app-2', 'client:app-3'], patience())), {
    code: 'clients_without_role',
    facts: { clients: ['client:app-1', 'client:app-3'] },
  });
  t.match(await ctl('auth', 'status'), 'Authentication Status: false');
  t.notMatch(await ctl('user', 'list'), 'picket-agent', 'and nothing is changed');
  await switchOn(member, ['client:app-2']);
});

t.test('R16: authentication stays off while a user is named like a server certificate', async (t) => {
  const { gateway, ctl } = await serving(t);
  await ctl('user', 'add', 'etcd x-k3s-m-1', '--no-password');
  t.same(await refusal(gateway.prepareAuthentication([], patience())), {
    code: 'users_like_servers',
    facts: { users: ['etcd x-k3s-m-1'] },
  });
});

t.test('users that exist get the role root', async (t) => {
  const member = await serving(t);
  const { gateway, ctl } = member;
  await ctl('user', 'add', 'root', '--new-user-password=secret');
  await ctl('user', 'add', 'picket-agent', '--no-password');
  await switchOn(member);
  t.match(await gateway.report(), { linearizableRead: true });
});

t.test('an agent knows before whether it could administer etcd', async (t) => {
  const { gateway, certificate, place } = await etcdctlMember(t);
  t.equal(await gateway.etcdctlObstacle(), null);
  await rm(place.credentialFile);
  t.match(await gateway.etcdctlObstacle(), { code: 'admin_certificate_missing' });
  await certificate('picket-agent');
  t.equal(await gateway.etcdctlObstacle(), null);
});
