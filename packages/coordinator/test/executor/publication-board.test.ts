import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { publicationBoard } from '../../src/executor/publication-board.ts';
import { sampleDesired } from '../inventory/samples.ts';

const publication = (nodeId: string, generation: number) => ({
  nodeId,
  generation,
  document: { ...sampleDesired(generation), seal: sealOf(generation) },
});
const sealOf = (generation: number) => `${generation}`.repeat(64);
const never = new AbortController().signal;

t.test('publications from before the start are there', async (t) => {
  const board = publicationBoard([publication('node0001', 4)]);
  t.equal(board.current('node0001')?.etag, `"${sealOf(4)}"`);
  t.equal(board.generation('node0001'), 4);
});

t.test('a node to which nothing was published is at generation 0', async (t) => {
  const board = publicationBoard([]);
  t.equal(board.current('node0001'), null);
  t.equal(board.generation('node0001'), 0);
});

t.test('a waiting poll without a state gets the first publication', async (t) => {
  const board = publicationBoard([]);
  const changed = board.changed('node0001', null, never);
  board.put(publication('node0001', 1));
  t.equal((await changed)?.generation, 1);
});

t.test('a poll with the latest state waits for the next', async (t) => {
  const board = publicationBoard([publication('node0001', 1)]);
  const changed = board.changed('node0001', `"${sealOf(1)}"`, never);
  board.put(publication('node0001', 2));
  t.equal((await changed)?.generation, 2);
});

t.test('all polls that wait for one node are woken', async (t) => {
  const board = publicationBoard([]);
  const changed = [board.changed('node0001', null, never), board.changed('node0001', null, never)];
  board.put(publication('node0001', 1));
  t.same(
    (await Promise.all(changed)).map((found) => found?.generation),
    [1, 1],
  );
});

t.test('R8: another node’s publication wakes nobody', async (t) => {
  const board = publicationBoard([]);
  const stop = new AbortController();
  let woken = false;
  const changed = board.changed('node0001', null, stop.signal).then((found) => {
    woken = true;
    return found;
  });
  board.put(publication('node0002', 1));
  await setImmediate();
  t.equal(woken, false);
  stop.abort();
  t.equal(await changed, null);
});

t.test('a signal that has fired already ends the wait at once', async (t) => {
  t.equal(await publicationBoard([]).changed('node0001', null, AbortSignal.abort()), null);
});

t.test('a wait that has ended no longer listens', async (t) => {
  const board = publicationBoard([]);
  const signal = new AbortController().signal;
  const counted = { added: 0, removed: 0 };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    counted.added += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    counted.removed += 1;
    remove(...args);
  };
  const changed = board.changed('node0001', null, signal);
  board.put(publication('node0001', 1));
  await changed;
  t.same(counted, { added: 1, removed: 1 });
});
