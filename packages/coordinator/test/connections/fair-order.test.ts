import t, { type Test } from 'tap';
import { fairOrder } from '../../src/connections/fair-order.ts';

/** Requests of clients that wait, each of which takes this time; in the order in which their work began. */
function ordered() {
  const clock = { now: 0 };
  const { turn } = fairOrder(() => clock.now);
  const begun: string[] = [];
  const ask = async (name: string, takes: number) => {
    await turn(name);
    begun.push(name);
    clock.now += takes;
  };
  return { begun, ask, all: (name: string, takes: number[]) => Promise.all(takes.map((one) => ask(name, one))) };
}

t.test('R18: the client whose requests took the least time comes next, and the first of equal ones', async (t) => {
  const { begun, all } = ordered();
  await Promise.all([all('many', [20, 20, 20]), all('seldom', [1, 1]), all('other', [30, 1])]);
  t.same(begun, ['many', 'seldom', 'other', 'seldom', 'many', 'other', 'many']);
});

t.test('R18: nobody saves up time by asking for nothing', async (t) => {
  const { begun, ask, all } = ordered();
  const twenty = (count: number) => Array<number>(count).fill(20);
  const others = [all('a', twenty(3)), all('b', twenty(5))];
  const late = ask('a', 20).then(() => all('late', twenty(3)));
  await Promise.all([...others, late]);
  t.same(begun, ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'late', 'b', 'late', 'late']);
});

t.test('R18: a pause of the whole process puts no client behind all others for long', async (t) => {
  const { begun, all } = ordered();
  await Promise.all([all('unlucky', [5000, 1]), all('many', Array(10).fill(20))]);
  t.same(begun.indexOf('unlucky', 1), 4);
});

/** In how many turns of the event loop the work on four requests begins, each of which takes this time. */
async function turnsFor(t: Test, takes: number): Promise<number> {
  const clock = { now: 0 };
  const { turn } = fairOrder(() => clock.now);
  let turns = 0;
  const count = () => {
    turns += 1;
    ticking = setImmediate(count);
  };
  let ticking = setImmediate(count);
  t.teardown(() => clearImmediate(ticking));
  const begun = ['a', 'a', 'b', 'c'].map(async (name) => {
    await turn(name);
    clock.now += takes;
    return turns;
  });
  return new Set(await Promise.all(begun)).size;
}

t.test(
  'R18: a turn of the event loop begins no further request once it has worked for some milliseconds',
  async (t) => {
    t.equal(await turnsFor(t, 5), 4);
  },
);

t.test('requests that take next to no time begin in few turns, and may share an fsync', async (t) => {
  t.ok((await turnsFor(t, 0)) <= 2);
});
