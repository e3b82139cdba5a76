import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import { type Machine, processesBelow } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { until } from '../support/until.ts';

t.test('a machine that is no member is a client of the cluster', async (t) => {
  const fleet = await fleetOf(t, { members: 1, clients: 1 });
  const [member, client] = fleet.machines as [Machine, Machine];
  const { etcdctl } = await ensureEtcd();
  const profile = join(client.etcDir, 'etcdctl.sh');
  /** etcdctl as a shell on that machine has it, by the file that the agent wrote. */
  const onClient = (command: string) => runToEnd('sh', ['-euc', `. "$0"; "$1" ${command}`, profile, etcdctl]);
  const works = async () => (await onClient('get key --print-value-only')).stdout.trim() === 'value';
  const within = { within: 60_000, every: 200 };
  await joinAll(fleet, [member.name]);
  const joinString = await fleet.joinString(cluster, '--client');

  await t.test('a token for the one does not make the other', async (t) => {
    const forMembers = await fleet.joinString(cluster);
    const asClient = await client.join(forMembers, { args: ['--client'] });
    const [, tokenId] = forMembers.split('.');
    t.equal(asClient.code, 1);
    t.same(printedError(asClient.stderr), { code: 'token_for_members', facts: { tokenId, name: client.name } });
    const asMember = await client.join(joinString);
    t.equal(asMember.code, 1);
    t.match(printedError(asMember.stderr), { code: 'member_not_declared' });
    const named = await client.join(joinString, { args: ['--client', '--name', member.name] });
    t.equal(named.code, 1);
    t.same(printedError(named.stderr), { code: 'client_named_as_member', facts: { name: member.name, cluster } });
  });

  await t.test('files that others wrote are left as they are, and named', async (t) => {
    const theirs = join(client.etcDir, 'ca.pem');
    await writeFile(theirs, 'theirs');
    const refused = await client.join(joinString, { args: ['--client'] });
    t.equal(refused.code, 1);
    t.same(printedError(refused.stderr), { code: 'foreign_files', facts: { found: theirs } });
    t.equal(await readFile(theirs, 'utf8'), 'theirs');
    await rm(theirs);
  });

  await t.test('it joins without an etcd', async (t) => {
    const joined = await client.join(joinString, { args: ['--client'] });
    t.equal(joined.code, 0, `${joined.stderr}; what was refused before has not spent the token`);
    t.match(joined.stdout, /This machine is now the client x-k3s-c-1 of x-k3s, node /);
    client.startAgent();
  });

  await t.test('etcdctl works there by the files of the agent, which are these alone', async (t) => {
    await healthy(fleet);
    t.equal((await fleet.etcdctl(member, 'put', 'key', 'value')).code, 0);
    await until('the client reads', works, within);
    t.same((await readdir(client.etcDir)).sort(), ['ca.pem', 'client-key.pem', 'client.pem', 'etcdctl.sh']);
    t.equal(await readlink(join(client.etcDir, 'client-key.pem')), 'client.pem');
    t.match(await readFile(profile, 'utf8'), member.clientUrl);
    t.same(await etcdPids(client), []);
    const own = await processesBelow(join(fleet.folder, client.name));
    t.same(own, [client.agent()?.pid], 'nothing runs there but the agent');
  });

  await t.test('status and node list show it, and count it for nothing', async (t) => {
    const seen = await until(
      'the client has reported',
      async () => {
        const status = await fleet.status(cluster);
        return status.clients[0]?.status?.agent.generationApplied === status.clients[0]?.generation && status;
      },
      within,
    );
    t.match(seen, { state: 'healthy', members: [{ name: member.name }], waitsFor: [] });
    t.equal(seen.members.length, 1);
    t.match(seen.clients, [{ name: client.name, status: { etcd: null, certificates: [{ purpose: 'client' }, {}] } }]);
    t.match((await fleet.picket('status', cluster)).stdout, /^x-k3s-c-1 +\S+ +\d{4}-\d\d-\d\d \(/m);
    t.match((await fleet.picket('node', 'list')).stdout, / {3}client {3}x-k3s-c-1 {3}/);
    t.match(await client.run('status'), { code: 0, stdout: /^CLIENT +x-k3s-c-1, which runs no etcd$/m });
    t.match(await client.run('once'), { code: 0 });
    t.match(await client.run('wait'), {
      code: 0,
      stdout: /^✓ x-k3s-c-1 is a client, with a certificate until /,
    });
  });

  await t.test('what is lost of its files is made again', async () => {
    await writeFile(join(client.etcDir, 'ca.pem'), 'not a bundle');
    await rm(join(client.etcDir, 'client.pem'));
    await until('the client reads again', works, within);
  });

  await t.test('its certificate does not pass for that of a peer', async (t) => {
    t.match(await answerOn(fleet.ports.client, 'ca.pem', member, client), /^HTTP\/1\.1 200/);
    t.match(await answerOn(fleet.ports.peer, 'peer-ca.pem', member, client), /alert (bad certificate|unknown ca)/);
  });

  await t.test('it is evicted, and the cluster goes on', async (t) => {
    const { items } = JSON.parse((await fleet.picket('node', 'list', '--output', 'json')).stdout) as Page<NodeView>;
    const id = items.find((node) => node.client === client.name)?.id ?? '';
    t.match(await fleet.picket('node', 'evict', id), { code: 0, stdout: /is evicted/ });
    t.match(await fleet.status(cluster), { state: 'healthy', clients: [] });
    let said = '';
    const free = async () => {
      said = (await client.run('status')).stdout;
      return said.startsWith('FREE');
    };
    await until('its machine is free', free, within);
    t.match(said, new RegExp(`WAS +the client ${client.name} of ${cluster}, node ${id}, until`));
    t.equal(await works(), true, 'its certificate works until it ends');
    const again = await client.join(await fleet.joinString(cluster, '--client'), { args: ['--client'] });
    t.equal(again.code, 0, again.stderr);
    const back = async () => (await fleet.status(cluster)).clients.some((one) => one.name === client.name);
    await until('it is a client again', back, within);
  });
});

/** How a port of a member takes this client's certificate: TLS 1.3 tells it only after its own handshake. */
async function answerOn(port: number, bundle: string, member: Machine, client: Machine): Promise<string> {
  const credential = await readFile(join(client.etcDir, 'client.pem'));
  const ca = await readFile(join(member.etcDir, bundle));
  const socket = connect({ host: member.address, port, ca, cert: credential, key: credential });
  socket.once('secureConnect', () => socket.write('GET /health HTTP/1.1\r\nhost: etcd\r\n\r\n'));
  try {
    return await new Promise((resolve) => {
      socket.once('data', (data) => resolve(String(data)));
      socket.once('error', ({ message }) => resolve(message));
      socket.once('close', () => resolve('closed'));
    });
  } finally {
    socket.destroy();
  }
}
