import t from 'tap';
import { forgeries } from './forgeries.ts';
import { harmTo, sceneOf } from './scene.ts';

t.setTimeout(480_000);

const scene = await sceneOf(t, { traitor: 'member' });

// That each of them does harm without its guard is seen in test/long/adversary.test.ts.
t.test('an agent and an operator are served beside all forgeries', async (t) => {
  const aftermath = await scene.during(async () => {
    for (const { rule, holds, attempt } of forgeries) t.same(await attempt(scene), [], `${rule}: ${holds}`);
  });
  t.same(harmTo(aftermath), []);
});
