import t from 'tap';
import { openHouse } from '../authority/samples.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

t.test('a machine whose name is not a member’s becomes the member that is declared at its address', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const { address, name } = await declared(house);
  const machine = await newMachine(1, { name: 'localhost', addresses: [address] });
  const answer = await join(house, { ...joinRequest(machine, token), address });
  t.equal(answer.member.name, name);
  t.equal((await house.inventory.nodes.find(answer.nodeId))?.facts.name, name);
});

t.test('an address that no member has is refused, with the declared ones, and spends nothing', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house);
  const { address, name } = await declared(house);
  const request = { ...joinRequest(await newMachine(1), token), address: '203.0.113.7' };
  const declares = { declared: `${name} at ${address}` };
  await t.rejects(join(house, request), { code: 'address_not_declared', facts: declares });
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 0);
});

t.test('an address that is declared and not on the machine is refused', async (t) => {
  const house = await openHouse(t);
  const { address } = await declared(house);
  const machine = await newMachine(1, { name: 'localhost', addresses: ['203.0.113.7'] });
  const request = { ...joinRequest(machine, await newToken(house)), address };
  await t.rejects(join(house, request), { code: 'address_not_on_node' });
});

async function declared({ inventory }: Awaited<ReturnType<typeof openHouse>>) {
  const [member] = (await inventory.clusters.find('prod'))?.spec.members ?? [];
  if (member === undefined) throw new Error('no member is declared');
  return member;
}
