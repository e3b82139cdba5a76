import { readdirSync, readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import t from 'tap';
import { openHouse } from '../authority/samples.ts';
import { createCluster, day, start } from '../inventory/samples.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

t.test('a node that joins gets its place, and an identity from the control authority', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const answer = await join(house, joinRequest(machine, await newToken(house)));
  const certificate = parseCertificate(answer.certificate);
  t.ok(verifyIssued(certificate, [parseCertificate(answer.controlCertificates)], { purpose: 'clientAuth' }));
  t.same(
    {
      member: answer.member,
      commonName: certificate.commonName,
      sans: certificate.sans,
      key: certificate.spkiHash,
      notAfter: certificate.notAfter.getTime(),
      now: answer.now,
    },
    {
      member: { name: 'pi-1', address: '192.168.7.11', ports: { client: 2379, peer: 2380, metrics: 2381 } },
      commonName: 'pi-1',
      sans: [{ type: 'uri', value: `urn:picket:node:${answer.nodeId}` }],
      key: spkiHash(machine.key),
      notAfter: start + 30 * day,
      now: '2026-01-15T12:00:00.000Z',
    },
  );
});

t.test('R12: the content of the answer is in the store: node, spent token and certificate', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const token = await newToken(house);
  const answer = await join(house, joinRequest(machine, token));
  const { inventory } = house;
  t.same(await inventory.nodes.find(answer.nodeId), {
    id: answer.nodeId,
    cluster: 'prod',
    kind: 'member',
    member: 'pi-1',
    joinOrder: 1,
    joinedAt: start,
    tokenId: token.record.id,
    spkiHash: spkiHash(machine.key),
    identityGeneration: 1,
    frozen: null,
    facts: machine.facts,
    evictedAt: null,
  });
  t.equal((await inventory.tokens.find(token.record.id))?.usesSpent, 1);
  const { serial } = parseCertificate(answer.certificate);
  t.equal((await inventory.certificates.find(serial))?.principal, `urn:picket:node:${answer.nodeId}`);
});

t.test('a node is known from its first request on', async (t) => {
  const house = await openHouse(t);
  const answer = await join(house, joinRequest(await newMachine(1), await newToken(house)));
  const { principal } = house.identities.resolve(parseCertificate(answer.certificate), start);
  t.match(principal, {
    kind: 'node',
    nodeId: answer.nodeId,
    cluster: 'prod',
    nodeRole: { kind: 'member', member: 'pi-1' },
  });
});

t.test('an address in another spelling is the same address', async (t) => {
  const house = await openHouse(t);
  await createCluster(house.inventory, { name: 'six', members: [{ name: 'pi-1', address: 'fd00::1' }] });
  const machine = await newMachine(1, { addresses: ['FD00:0:0::0001'] });
  t.equal((await join(house, joinRequest(machine, await newToken(house, { cluster: 'six' })))).cluster, 'six');
});

t.test('if the spec allows loopback, a loopback address need not be reported', async (t) => {
  const house = await openHouse(t);
  const members = [{ name: 'pi-1', address: '127.0.0.2' }];
  await createCluster(house.inventory, { name: 'demo', allowLoopback: true, members });
  const machine = await newMachine(1, { addresses: [] });
  t.ok(await join(house, joinRequest(machine, await newToken(house, { cluster: 'demo' }))));
});

t.test('a token for two nodes admits two', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house, { uses: 2 });
  const first = await join(house, joinRequest(await newMachine(1), token));
  const second = await join(house, joinRequest(await newMachine(2), token));
  t.not(first.nodeId, second.nodeId);
});

t.test('the event of a join names node, member and address', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const { nodeId } = await join(house, joinRequest(await newMachine(1), token));
  const [event] = (await house.inventory.events.list({ limit: 1, after: null }, 'prod')).items;
  const facts = { nodeId, kind: 'member', name: 'pi-1', address: '192.168.7.11', token: token.record.id };
  t.same([event?.kind, event?.facts], ['node-joined', facts]);
});

t.test('R12: a crash before the commit leaves token and member unchanged', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const request = joinRequest(await newMachine(1), token);
  const crash = (name: string) => {
    if (name === 'join.before-commit') throw new Error('The power went.');
  };
  await t.rejects(join(house, request, crash), { message: 'The power went.' });
  await house.restart();
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 0);
  t.same(await house.inventory.nodes.all(), []);
});

t.test('R12: after a crash past the commit, the node joins again as the same node', async (t) => {
  const house = await openHouse(t);
  const request = joinRequest(await newMachine(1), await newToken(house));
  const crash = (name: string) => {
    if (name === 'join.after-commit') throw new Error('The power went.');
  };
  await t.rejects(join(house, request, crash), { cause: { message: 'The power went.' } });
  await house.restart();
  const [node] = await house.inventory.nodes.all();
  t.equal((await join(house, request)).nodeId, node?.id);
});

t.test('R11: after joining no secret, key or passphrase is in the store', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  const token = await newToken(house);
  await join(house, joinRequest(machine, token));
  const passphrase = readFileSync(joinPath(house.directory, 'passphrase'), 'utf8').trim();
  const stored = readdirSync(house.directory)
    .filter((name) => name.startsWith('picket.db'))
    .map((name) => readFileSync(joinPath(house.directory, name)));
  const secretBytes = Buffer.from(token.secret, 'base64url');
  const key = machine.key.export({ format: 'jwk' });
  const secrets: readonly [string, string | Buffer][] = [
    ['the secret', token.secret],
    ['the octets of the secret', secretBytes],
    ['the secret in hex', secretBytes.toString('hex')],
    ['the key', Buffer.from(key.d ?? '', 'base64url')],
    ['the key in hex', Buffer.from(key.d ?? '', 'base64url').toString('hex')],
    ['the key as PEM', exportPrivateKeyPem(machine.key).split('\n')[1] ?? ''],
    ['a private key', 'PRIVATE KEY'],
    ['the passphrase', passphrase],
  ];
  t.ok(stored.some((bytes) => bytes.includes(token.record.id)));
  t.same(
    secrets.filter(([, secret]) => stored.some((bytes) => bytes.includes(secret))).map(([what]) => what),
    [],
  );
});
