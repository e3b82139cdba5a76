import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import t from 'tap';
import { openHouse } from '../authority/samples.ts';
import { day, start } from '../inventory/samples.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

t.test('a lost answer burns no token: the same key is the same node again', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const request = joinRequest(await newMachine(1), token);
  const lost = await join(house, request);
  const again = await join(house, request);
  t.equal(again.nodeId, lost.nodeId);
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 1);
});

t.test('joining again works long after the token has expired, with a fresh certificate for the key', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const request = joinRequest(machine, await newToken(house));
  await join(house, request);
  house.clock.now = start + 40 * day;
  const certificate = parseCertificate((await join(house, request)).certificate);
  t.equal(certificate.spkiHash, spkiHash(machine.key));
  t.equal(certificate.notAfter.getTime(), start + 70 * day);
});

t.test('joining again updates the facts', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const token = await newToken(house);
  const { nodeId } = await join(house, joinRequest(machine, token));
  const upgraded = { ...machine, facts: { ...machine.facts, agentVersion: '0.2.0' } };
  await join(house, joinRequest(upgraded, token));
  t.equal((await house.inventory.nodes.find(nodeId))?.facts.agentVersion, '0.2.0');
});

t.test('a node that joins by a new token is the same node, and spends it', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const first = await join(house, joinRequest(machine, await newToken(house)));
  const token = await newToken(house);
  t.equal((await join(house, joinRequest(machine, token))).nodeId, first.nodeId);
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 1);
});

t.test('either of its tokens lets a node join again', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const tokens = [await newToken(house), await newToken(house)];
  const ids = new Set<string>();
  for (const token of [...tokens, ...tokens]) ids.add((await join(house, joinRequest(machine, token))).nodeId);
  t.equal(ids.size, 1);
});

t.test('of two nodes that race with one single-use token exactly one wins', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const requests = [joinRequest(await newMachine(1), token), joinRequest(await newMachine(2), token)];
  const outcomes = await Promise.allSettled(requests.map((request) => join(house, request)));
  t.same(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const lost = outcomes.find((outcome) => outcome.status === 'rejected');
  t.match(lost?.reason, { code: 'token_used_up' });
  t.equal((await house.inventory.nodes.all()).length, 1);
});

t.test('of two nodes that race for one member exactly one wins, and the other spends nothing', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house, { uses: 2 });
  const requests = [joinRequest(await newMachine(1), token), joinRequest(await newMachine(1), token)];
  const outcomes = await Promise.allSettled(requests.map((request) => join(house, request)));
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
  t.match(
    lost.map(({ reason }) => reason as unknown),
    [{ code: 'member_taken' }],
  );
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 1);
});

t.test('a node that races itself gets the same answer each time, for one use of the token', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const request = joinRequest(await newMachine(1), token);
  const answers = await Promise.all([1, 2, 3].map(() => join(house, request)));
  t.equal(new Set(answers.map(({ nodeId }) => nodeId)).size, 1);
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 1);
});
