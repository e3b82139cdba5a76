import { readFileSync } from 'node:fs';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import t from 'tap';
import { testCoordinator, textOf } from '../support/coordinator.ts';
import { createCluster, createToken, joinRequest } from '../support/nodes.ts';

t.test('R11: neither the log nor an error holds a secret, whatever fails', async (t) => {
  const coordinator = await testCoordinator(t);
  const { admin, stranger } = coordinator;
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const { secret } = parseJoinString(joinString);
  const key = await generateKey('p256');
  const request = joinRequest(joinString, key, 1);
  const answers = [
    await stranger.post('/v1/join', { ...request, joinString }),
    await stranger.post('/v1/join', { ...request, secret: `${secret}!` }),
    await stranger.post('/v1/join', { ...request, csr: exportPrivateKeyPem(key) }),
    await stranger.post('/v1/join', JSON.stringify(request).slice(0, -1)),
    await stranger.post('/v1/join', request, { headers: { 'content-type': 'text/plain' } }),
    await stranger.post('/v1/join', joinRequest(joinString, key, 9)),
    await stranger.post('/v1/join', request),
    await stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), 2)),
    await admin.get('/v1/tokens'),
    await admin.get('/v1/events'),
    await admin.get('/v1/audit/export'),
    await admin.get('/v1/clusters/x-k3s/status'),
  ];
  await coordinator.running.inventory.close();
  answers.push(await stranger.post('/v1/join', request), await admin.post('/v1/tokens', { cluster: 'x-k3s' }));
  t.same(
    answers.map(({ status }) => status),
    [400, 400, 400, 400, 400, 404, 200, 401, 200, 200, 200, 200, 500, 500],
  );

  const passphrase = readFileSync(coordinator.config.passphraseFile, 'utf8').trim();
  const keyLine = exportPrivateKeyPem(key).split('\n')[1] ?? '';
  const said = [...coordinator.log, ...answers.map(({ text }) => text)].join('\n');
  for (const [what, text] of Object.entries({ secret, passphrase, keyLine, pem: 'BEGIN PRIVATE KEY' })) {
    t.notOk(said.includes(text), what);
  }
});

t.test('R11: the store holds no join secret in usable form, and the data folder no key in the clear', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { secret } = parseJoinString((await createToken(coordinator)).joinString);
  const { dataDir } = coordinator.config;
  const stored = ['inventory.sqlite', 'inventory.sqlite-wal']
    .map((name) => textOf(`${dataDir}/${name}`) ?? '')
    .join('');
  t.ok(stored.includes('x-k3s'));
  t.notOk(stored.includes(secret));
  t.match(textOf(`${dataDir}/authority/control/key.pem`), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
});
