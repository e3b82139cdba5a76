import { PicketError } from '@picket/shared/errors.ts';
import type { JoinRequest } from '@picket/shared/protocol/join.ts';
import t, { type Test } from 'tap';
import { type House, openHouse } from '../authority/samples.ts';
import { hour, start } from '../inventory/samples.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

/** Checks the refusal, and that it spent nothing, made nothing and repeats no secret. */
async function refused(
  t: Test,
  house: House,
  request: JoinRequest,
  expected: { readonly code: string; readonly facts: object },
): Promise<void> {
  const before = await state(house, request.tokenId);
  const error = await join(house, request).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PicketError)) throw new Error('It was not refused.', { cause: error });
  t.same({ code: error.code, facts: error.facts }, expected);
  t.same(await state(house, request.tokenId), before, 'spends nothing');
  t.notMatch(JSON.stringify(error.toWire()), request.secret, 'R11: repeats no secret');
}

async function state({ inventory }: House, tokenId: string) {
  return {
    token: await inventory.tokens.find(tokenId),
    nodes: await inventory.nodes.all(),
    certificates: (await inventory.certificates.list({ limit: 100, after: null }, null)).items.length,
  };
}

t.test('an unknown token', async (t) => {
  const house = await openHouse(t);
  const request = { ...joinRequest(await newMachine(1), await newToken(house)), tokenId: 'nobodys0' };
  await refused(t, house, request, {
    code: 'token_unknown',
    facts: { tokenId: 'nobodys0' },
  });
});

t.test('a wrong secret gets the same answer as an unknown token', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const { secret } = await newToken(house);
  await refused(t, house, joinRequest(await newMachine(1), { ...token, secret }), {
    code: 'token_unknown',
    facts: { tokenId: token.record.id },
  });
});

t.test('R7: a request that does not prove possession of its key', async (t) => {
  const house = await openHouse(t);
  const request = joinRequest(await newMachine(1), await newToken(house));
  const lines = request.csr.trimEnd().split('\n');
  const body = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1);
  const csr = [lines[0], body.toString('base64'), lines.at(-1), ''].join('\n');
  await refused(
    t,
    house,
    { ...request, csr },
    {
      code: 'csr_signature_invalid',
      facts: { problem: 'its signature is not by its key' },
    },
  );
});

t.test('an expired token', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  house.clock.now = start + hour;
  await refused(t, house, joinRequest(await newMachine(1), token), {
    code: 'token_expired',
    facts: { tokenId: token.record.id, expiredAt: '2026-01-15T13:00:00.000Z' },
  });
});

t.test('a token that an operator has expired', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  await house.inventory.tokens.expire(token.record.id, start);
  await refused(t, house, joinRequest(await newMachine(1), token), {
    code: 'token_expired',
    facts: { tokenId: token.record.id, expiredAt: '2026-01-15T12:00:00.000Z' },
  });
});

t.test('a token that is used up', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  await join(house, joinRequest(await newMachine(1), token));
  await refused(t, house, joinRequest(await newMachine(2), token), {
    code: 'token_used_up',
    facts: { tokenId: token.record.id, uses: 1 },
  });
});

t.test('a token that is bound to another member', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house, { name: 'pi-2' });
  await refused(t, house, joinRequest(await newMachine(1), token), {
    code: 'token_bound_elsewhere',
    facts: { tokenId: token.record.id, kind: 'member', boundTo: 'pi-2', name: 'pi-1' },
  });
});

t.test('a member that is not declared', async (t) => {
  const house = await openHouse(t);
  await refused(t, house, joinRequest(await newMachine(9), await newToken(house)), {
    code: 'member_not_declared',
    facts: { cluster: 'prod', member: 'pi-9', declared: 'pi-1, pi-2, pi-3', near: 'pi-1' },
  });
});

t.test('a member that another node holds', async (t) => {
  const house = await openHouse(t);
  const { nodeId } = await join(house, joinRequest(await newMachine(1), await newToken(house)));
  await refused(t, house, joinRequest(await newMachine(1), await newToken(house)), {
    code: 'member_taken',
    facts: { member: 'pi-1', cluster: 'prod', nodeId, joinedAt: '2026-01-15T12:00:00.000Z' },
  });
});

t.test('a machine without the member’s address', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1, { addresses: ['127.0.0.1', '192.168.7.99'] });
  await refused(t, house, joinRequest(machine, await newToken(house)), {
    code: 'address_not_on_node',
    facts: { name: 'pi-1', address: '192.168.7.11', addresses: '127.0.0.1, 192.168.7.99' },
  });
});

t.test('a machine without any address', async (t) => {
  const house = await openHouse(t);
  await refused(t, house, joinRequest(await newMachine(1, { addresses: [] }), await newToken(house)), {
    code: 'address_not_on_node',
    facts: { name: 'pi-1', address: '192.168.7.11', addresses: 'it has no address' },
  });
});

t.test('a machine that is another member already', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const { nodeId } = await join(house, joinRequest(machine, await newToken(house)));
  const renamed = { ...machine, facts: { ...machine.facts, name: 'pi-2' } };
  await refused(t, house, joinRequest(renamed, await newToken(house)), {
    code: 'joined_as_another',
    facts: { nodeId, kind: 'member', member: 'pi-1', cluster: 'prod', wantedCluster: 'prod', name: 'pi-2' },
  });
});

t.test('R8: a node that was evicted, even by the token that admitted it', async (t) => {
  const house = await openHouse(t);
  const request = joinRequest(await newMachine(1), await newToken(house));
  const { nodeId } = await join(house, request);
  await house.identities.evict(nodeId, start);
  await refused(t, house, request, {
    code: 'node_evicted',
    facts: { nodeId, evictedAt: '2026-01-15T12:00:00.000Z' },
  });
});

t.test('R8: a node whose certificate was revoked', async (t) => {
  const house = await openHouse(t);
  const request = joinRequest(await newMachine(1), await newToken(house));
  await join(house, request);
  const [record] = await house.inventory.certificates.identities();
  await house.authorities.revoke(record?.serial ?? '');
  await refused(t, house, request, {
    code: 'key_revoked',
    facts: { serial: record?.serial, revokedAt: '2026-01-15T12:00:00.000Z' },
  });
});

t.test('R14: a coordinator whose clock went back', async (t) => {
  const house = await openHouse(t);
  await join(house, joinRequest(await newMachine(1), await newToken(house)));
  house.clock.now = start - 1000;
  await refused(t, house, joinRequest(await newMachine(2), await newToken(house)), {
    code: 'clock_behind',
    facts: { now: '2026-01-15T11:59:59.000Z', lastIssuance: '2026-01-15T12:00:00.000Z' },
  });
});

t.test('an agent more than one minor version from the coordinator, in either direction', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  for (const agentVersion of ['0.3.0', '1.1.0']) {
    await refused(t, house, joinRequest(await newMachine(1, { agentVersion }), token), {
      code: 'agent_version_differs',
      facts: { version: agentVersion, coordinator: '0.1.0' },
    });
  }
  t.ok(
    await join(house, joinRequest(await newMachine(1, { agentVersion: '0.2.4' }), token)),
    'one apart is still accepted',
  );
});
