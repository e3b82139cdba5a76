import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import { Custody } from '../../src/authority/custody.ts';
import { type Sealed, Seals } from '../../src/authority/seals.ts';
import { isPartName } from '../../src/backup/manifest.ts';
import { sampleDesired } from '../inventory/samples.ts';

const sealed: Sealed = {
  inventory: 'inventory1',
  epoch: { number: 7, name: 'epoch0001' },
  nodeId: 'node00001',
  generation: 3,
};

function custodyIn(t: Test): Custody {
  return new Custody(join(t.testdir(), 'authority'), 'a passphrase for these tests');
}

t.test('R5 a seal vouches for what it was made for', async (t) => {
  const seals = await Seals.open(custodyIn(t), []);
  t.match(seals.of(sealed), /^[A-Za-z0-9_-]{64}$/);
  t.ok(seals.isOf(seals.of(sealed), sealed));
});

t.test('R5 two desired states never have one seal', async (t) => {
  const seals = await Seals.open(custodyIn(t), []);
  t.not(seals.of(sealed), seals.of(sealed));
});

for (const [what, other] of Object.entries({
  inventory: { inventory: 'inventory2' },
  'epoch number': { epoch: { number: 8, name: 'epoch0001' } },
  'epoch name': { epoch: { number: 7, name: 'epoch0002' } },
  'epoch, there being none': { epoch: null },
  node: { nodeId: 'node00002' },
  generation: { generation: 4 },
})) {
  t.test(`R5 a seal vouches for no other ${what}`, async (t) => {
    const seals = await Seals.open(custodyIn(t), []);
    t.notOk(seals.isOf(seals.of({ ...sealed, ...other }), sealed));
  });
}

t.test('R5 anything other than a seal vouches for nothing', async (t) => {
  const seals = await Seals.open(custodyIn(t), []);
  for (const text of ['', 'x', 'x'.repeat(64), seals.of(sealed).slice(1)]) t.notOk(seals.isOf(text, sealed));
});

t.test('R5 a seal is recognised after a restart, and not by another coordinator', async (t) => {
  const custody = custodyIn(t);
  const seal = (await Seals.open(custody, [])).of(sealed);
  t.ok((await Seals.open(custody, [])).isOf(seal, sealed));
  t.test('another', async (t) => t.notOk((await Seals.open(custodyIn(t), [])).isOf(seal, sealed)));
});

t.test('R11 the key of the seals is encrypted on the disk, and not printed', async (t) => {
  const custody = custodyIn(t);
  const seals = await Seals.open(custody, []);
  t.match(readFileSync(join(custody.directory, 'seal/key.pem'), 'utf8'), /^-----BEGIN ENCRYPTED PRIVATE KEY/);
  t.equal(inspect(seals), 'Seals {}');
});

t.test('R5 a missing key is not made again if something was sealed with it', async (t) => {
  const custody = custodyIn(t);
  await Seals.open(custody, []);
  rmSync(join(custody.directory, 'seal'), { recursive: true });
  await t.rejects(Seals.open(custody, [{ document: sampleDesired(1) }]), { code: 'authority_missing' });
});

t.test('R5 the key of the seals is in every backup', async (t) => t.ok(isPartName('authority/seal/key.pem')));
