import t from 'tap';
import { secretMatches } from '../../src/identity/secrets.ts';
import { operatorUri } from '../../src/identity/uris.ts';
import { openHouse } from '../authority/samples.ts';
import { hour, sampleToken, start } from '../inventory/samples.ts';
import { newToken } from './samples.ts';

t.test('a token is valid for one node and one hour by default', async (t) => {
  const house = await openHouse(t);
  const { record } = await newToken(house);
  t.same([record.usesAllowed, record.usesSpent, record.expiresAt, record.name], [1, 0, start + hour, null]);
});

t.test('a token is stored as requested', async (t) => {
  const house = await openHouse(t);
  const { record } = await newToken(house, { uses: 3, ttlSeconds: 60, name: 'pi-2' });
  t.same([record.usesAllowed, record.expiresAt, record.name], [3, start + 60_000, 'pi-2']);
  t.same(await house.inventory.tokens.find(record.id), record);
});

t.test('a secret has at least 128 bits and the form that join strings have', async (t) => {
  const house = await openHouse(t);
  const { secret } = await newToken(house);
  t.match(secret, /^[A-Za-z0-9_-]{22,86}$/);
  t.ok(Buffer.from(secret, 'base64url').length >= 16);
});

t.test('only the secret of a token is its secret', async (t) => {
  const house = await openHouse(t);
  const { record, secret } = await newToken(house);
  const other = await newToken(house);
  t.same(
    [secretMatches(record, secret), secretMatches(record, other.secret), secretMatches(null, secret)],
    [true, false, false],
  );
});

t.test('a token whose hash belongs to no secret matches none', async (t) => {
  t.equal(secretMatches(sampleToken(), ''), false);
});

t.test('a token for an unknown cluster is refused', async (t) => {
  const house = await openHouse(t);
  await t.rejects(newToken(house, { cluster: 'dev' }), {
    code: 'not_found',
    facts: { what: 'cluster', name: 'dev' },
  });
});

t.test('a token for a member that is not declared is refused', async (t) => {
  const house = await openHouse(t);
  await t.rejects(newToken(house, { name: 'pi-9' }), {
    code: 'member_not_declared',
    facts: { cluster: 'prod', member: 'pi-9', declared: 'pi-1, pi-2, pi-3' },
  });
});

t.test('R11: the event of a new token names its operator, and no secret', async (t) => {
  const house = await openHouse(t);
  const { record } = await newToken(house, { name: 'pi-2' });
  const { items } = await house.inventory.events.list({ limit: 10, after: null }, 'prod');
  const facts = {
    by: operatorUri('ada'),
    id: record.id,
    kind: 'member',
    name: 'pi-2',
    expiresAt: '2026-01-15T13:00:00.000Z',
  };
  t.same(
    items.map(({ kind, facts }) => ({ kind, facts })),
    [{ kind: 'token-created', facts }],
  );
});
