import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import t, { type Test } from 'tap';
import { openHouse } from '../authority/samples.ts';
import { createCluster, hour, start } from '../inventory/samples.ts';
import { clientRequest, join, joinAsClient, joinRequest, newMachine, newToken } from './samples.ts';

async function house(t: Test) {
  const opened = await openHouse(t);
  return { opened, token: await newToken(opened, { kind: 'client' }), machine: await newMachine(7) };
}

t.test(
  'R12: a client is in the store with its name, its token is spent, and it is known from its first request',
  async (t) => {
    const { opened, token, machine } = await house(t);
    const answer = await joinAsClient(opened, clientRequest(machine, token));
    t.match(answer, { cluster: 'prod', client: { name: 'k3s-1' } });
    t.match(await opened.inventory.nodes.find(answer.nodeId), {
      kind: 'client',
      client: 'k3s-1',
      facts: { name: 'k3s-1', os: 'Alpine Linux 3.23' },
      evictedAt: null,
    });
    t.equal((await opened.inventory.tokens.find(token.record.id))?.usesSpent, 1);
    const certificate = parseCertificate(answer.certificate);
    t.equal(certificate.commonName, 'k3s-1');
    t.match(opened.identities.resolve(certificate, start).principal, {
      nodeId: answer.nodeId,
      nodeRole: { kind: 'client', client: 'k3s-1' },
    });
    const [event] = (await opened.inventory.events.list({ limit: 1, after: null }, 'prod')).items;
    t.match(event, {
      kind: 'node-joined',
      facts: { kind: 'client', name: 'k3s-1', address: null, token: token.record.id },
    });
  },
);

t.test('the names that it should resolve are those in its endpoints', async (t) => {
  const opened = await openHouse(t);
  await createCluster(opened.inventory, {
    name: 'named',
    advertise: 'name',
    serviceNames: ['etcd.home.example'],
    members: [{ name: 'pi-9', address: '192.168.7.19' }],
  });
  const token = await newToken(opened, { cluster: 'named', kind: 'client' });
  const { names } = await joinAsClient(opened, clientRequest(await newMachine(7), token));
  t.same(names, [
    { name: 'pi-9.home.example', addresses: ['192.168.7.19'], usedBy: 'clients' },
    { name: 'etcd.home.example', addresses: ['192.168.7.19'], usedBy: 'clients' },
  ]);
});

t.test('the same key by the same token is the same client, though the token is used up', async (t) => {
  const { opened, token, machine } = await house(t);
  const first = await joinAsClient(opened, clientRequest(machine, token));
  opened.clock.now += 2 * hour;
  t.equal((await joinAsClient(opened, clientRequest(machine, token))).nodeId, first.nodeId);
  await t.rejects(joinAsClient(opened, clientRequest(await newMachine(8), token, 'k3s-2')), { code: 'token_expired' });
});

/** The refusal of a node that is another one already. */
function anotherThan(facts: { readonly kind: string; readonly member: string; readonly name: string }) {
  return { code: 'joined_as_another', facts: { ...facts, cluster: 'prod', wantedCluster: 'prod' } };
}

type Attempt = (given: Awaited<ReturnType<typeof house>>) => Promise<unknown>;

const refusals: readonly (readonly [
  what: string,
  attempt: Attempt,
  error: { readonly code: string; readonly facts?: object },
])[] = [
  [
    'a token for members',
    async ({ opened, machine }) => joinAsClient(opened, clientRequest(machine, await newToken(opened))),
    { code: 'token_for_members', facts: { name: 'k3s-1' } },
  ],
  [
    'a member with a token for clients',
    async ({ opened, token }) => join(opened, joinRequest(await newMachine(1), token)),
    { code: 'token_for_clients', facts: { name: 'pi-1' } },
  ],
  [
    'the name of a member',
    async ({ opened, token, machine }) => joinAsClient(opened, clientRequest(machine, token, 'pi-2')),
    { code: 'client_named_as_member', facts: { cluster: 'prod', name: 'pi-2' } },
  ],
  [
    'another name than that of the token',
    async ({ opened, machine }) =>
      joinAsClient(opened, clientRequest(machine, await newToken(opened, { kind: 'client', name: 'k3s-2' }))),
    { code: 'token_bound_elsewhere', facts: { kind: 'client', boundTo: 'k3s-2', name: 'k3s-1' } },
  ],
  [
    'the name of another client',
    async ({ opened, token, machine }) => {
      await joinAsClient(opened, clientRequest(machine, token));
      const other = await newToken(opened, { kind: 'client' });
      return joinAsClient(opened, clientRequest(await newMachine(8), other));
    },
    { code: 'client_taken', facts: { client: 'k3s-1', cluster: 'prod' } },
  ],
  [
    'a client’s machine as a member',
    async ({ opened, token, machine }) => {
      await joinAsClient(opened, clientRequest(machine, token));
      const facts = { ...(await newMachine(1)).facts };
      return join(opened, joinRequest({ ...machine, facts }, await newToken(opened)));
    },
    anotherThan({ kind: 'client', member: 'k3s-1', name: 'the member pi-1' }),
  ],
  [
    'a member’s machine as a client',
    async ({ opened, token }) => {
      const member = await newMachine(1);
      await join(opened, joinRequest(member, await newToken(opened)));
      return joinAsClient(opened, clientRequest(member, token));
    },
    anotherThan({ kind: 'member', member: 'pi-1', name: 'the client k3s-1' }),
  ],
  [
    'one that was evicted',
    async ({ opened, token, machine }) => {
      const { nodeId } = await joinAsClient(opened, clientRequest(machine, token));
      await opened.identities.evict(nodeId, start);
      return joinAsClient(opened, clientRequest(machine, token));
    },
    { code: 'node_evicted' },
  ],
];

for (const [what, attempt, error] of refusals) {
  t.test(`refused: ${what}; the token is as it was`, async (t) => {
    const given = await house(t);
    const spent = async () => (await given.opened.inventory.tokens.find(given.token.record.id))?.usesSpent;
    const nodes = async () => (await given.opened.inventory.nodes.all()).length;
    await t.rejects(attempt(given), error);
    t.equal(await spent(), await nodesBy(given), 'spent only by admitted clients');
    t.ok((await nodes()) <= 1);
  });
}

/** How many nodes this token has admitted. */
async function nodesBy({ opened, token }: Awaited<ReturnType<typeof house>>): Promise<number> {
  return (await opened.inventory.nodes.all()).filter(({ tokenId }) => tokenId === token.record.id).length;
}

t.test('the name of a client that was evicted is free', async (t) => {
  const { opened, token, machine } = await house(t);
  const first = await joinAsClient(opened, clientRequest(machine, token));
  await opened.identities.evict(first.nodeId, start);
  const second = await joinAsClient(
    opened,
    clientRequest(await newMachine(8), await newToken(opened, { kind: 'client' })),
  );
  t.not(second.nodeId, first.nodeId);
});

t.test('a token for a client cannot be bound to a member', async (t) => {
  const { opened } = await house(t);
  await t.rejects(newToken(opened, { kind: 'client', name: 'pi-1' }), { code: 'client_named_as_member' });
});
