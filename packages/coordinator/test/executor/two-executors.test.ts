import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { advance } from '../../src/operations/advance.ts';
import { type House, openHouse } from '../authority/samples.ts';
import { executorOf, join, joinRequest, newMachine, newToken } from '../identity/samples.ts';

t.test('R1: of two executors on one store, the second founds nothing by what it has read before', async (t) => {
  const house = await openHouse(t);
  const token = await newToken(house, { uses: 2 });
  for (const number of [1, 2]) await join(house, joinRequest(await newMachine(number), token));
  const [one, two] = [await executorThatHears(house), await executorThatHears(house)];
  await one.run('prod', advance);
  const founded = (await house.inventory.clusters.find('prod'))?.progress.formation;
  t.type(founded?.incarnation, 'string');
  const { record } = await two.run('prod', advance);
  t.same(record.progress.formation, founded);
  t.same((await house.inventory.clusters.find('prod'))?.progress.formation, founded);
});

t.test(
  'R1: a join changes no progress, and yet an executor that has not seen it reads the cluster again',
  async (t) => {
    const house = await openHouse(t);
    const token = await newToken(house, { uses: 2 });
    await join(house, joinRequest(await newMachine(1), token));
    const executor = await executorThatHears(house);
    const before = (await house.inventory.clusters.find('prod'))?.progress;
    await join(house, joinRequest(await newMachine(2), token));
    t.same((await house.inventory.clusters.find('prod'))?.progress, before);
    t.equal(executor.situation('prod').nodes.length, 1);
    await executor.run('prod', advance);
    t.equal(executor.situation('prod').nodes.length, 2);
  },
);

/** Each of its nodes reports that it is ready to found. */
function executorThatHears(house: House) {
  const { agent, ...status } = readyStatus();
  const said = { ...status, agent: { ...agent, inventory: house.inventory.id, generationSeen: 1 } };
  const latest = {
    receivedAt: house.clock.now,
    heardAt: house.clock.now,
    isStored: false,
    status: said,
    healthySince: null,
    unhealthySince: null,
  };
  return executorOf(house, { latest: () => latest });
}
