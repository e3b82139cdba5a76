import { randomBytes } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensurePassphrase, readPassphrase } from '../../src/authority/passphrase.ts';

t.test('init makes a passphrase of 256 random bits that only its owner can read', async (t) => {
  const path = join(t.testdir(), 'secrets', 'passphrase');
  const passphrase = await ensurePassphrase(path, randomBytes);
  t.equal(Buffer.from(passphrase, 'base64url').length, 32);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('init keeps an existing passphrase', async (t) => {
  const path = join(t.testdir(), 'passphrase');
  const first = await ensurePassphrase(path, randomBytes);
  t.equal(await ensurePassphrase(path, randomBytes), first);
});

t.test('a passphrase that others may read is refused', async (t) => {
  const path = join(t.testdir({ passphrase: 'a-long-enough-passphrase' }), 'passphrase');
  chmodSync(path, 0o640);
  await t.rejects(readPassphrase(path), {
    code: 'passphrase_exposed',
    facts: { path, mode: '0640' },
  });
});

t.test('a missing passphrase file is named', async (t) => {
  const path = join(t.testdir(), 'passphrase');
  await t.rejects(readPassphrase(path), {
    code: 'passphrase_missing',
    facts: { path, problem: 'it does not exist' },
  });
});

t.test('R11: a passphrase that is too short is refused and not repeated', async (t) => {
  const path = join(t.testdir({ passphrase: 'hunter2\n' }), 'passphrase');
  chmodSync(path, 0o600);
  await t.rejects(ensurePassphrase(path, randomBytes), {
    code: 'passphrase_missing',
    facts: { path, problem: 'it holds fewer than 20 characters' },
  });
});
