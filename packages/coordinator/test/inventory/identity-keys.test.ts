import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { said } from '../support/said.ts';
import { createCluster, openSample, sampleNode, sampleToken, start } from './samples.ts';

async function withNode(t: Test): Promise<{ inventory: Inventory; path: string }> {
  const path = join(t.testdir(), 'picket.db');
  const inventory = await openSample(path);
  await createCluster(inventory);
  await inventory.tokens.create(sampleToken());
  await inventory.nodes.create(sampleNode({ spkiHash: 'k1' }));
  return { inventory, path };
}

async function standing({ nodes, identityKeys }: Inventory) {
  const node = await nodes.find('node0001');
  const others = (await identityKeys.ofNode('node0001')).map((key) => [key.spkiHash, key.standing, key.generation]);
  return { inForce: node?.spkiHash, generation: node?.identityGeneration, others };
}

const pending = (spkiHash: string) => ({ spkiHash, nodeId: 'node0001', generation: 2, certificate: 'PEM' });

t.test('R15: of the keys of a node one is in force, one at most pending, and the others superseded', async (t) => {
  const { inventory } = await withNode(t);
  t.teardown(() => inventory.close());
  await inventory.identityKeys.keepPending(pending('k2'));
  await inventory.identityKeys.keepPending(pending('k3'));
  t.same((await standing(inventory)).others, [
    ['k2', 'superseded', 2],
    ['k3', 'pending', 2],
  ]);
  await inventory.identityKeys.putInForce('node0001', 'k3');
  t.same(await standing(inventory), {
    inForce: 'k3',
    generation: 2,
    others: [
      ['k1', 'superseded', 1],
      ['k2', 'superseded', 2],
    ],
  });
  await inventory.identityKeys.putInForce('node0001', 'k1');
  t.match(await standing(inventory), { inForce: 'k1', generation: 3 });
  t.equal((await inventory.nodes.findBySpki('k1'))?.id, 'node0001');
  t.equal(await inventory.nodes.findBySpki('k3'), null);
});

t.test('R15: the first reason for a freeze stays', async (t) => {
  const { inventory } = await withNode(t);
  t.teardown(() => inventory.close());
  t.equal(await inventory.nodes.freeze('node0001', start, said('one')), true);
  t.equal(await inventory.nodes.freeze('node0001', start + 1, said('another')), false);
  t.same((await inventory.nodes.find('node0001'))?.frozen, { at: start, because: said('one') });
  t.equal(await inventory.nodes.unfreeze('node0001'), true);
  t.equal(await inventory.nodes.unfreeze('node0001'), false);
});
