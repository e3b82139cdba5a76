import { randomUUID } from 'node:crypto';
import t from 'tap';
import { type LogDesk, logDesk, mostLogOrders } from '../../src/logs/log-desk.ts';

const wanted = { log: 'etcd', lines: 10, sinceSeconds: null, cursor: null } as const;
const forever = new AbortController().signal;

function desk(): LogDesk {
  return logDesk({ newId: randomUUID, wake: () => {} });
}

/** Leaves an order and does not wait for its answer; false if it is refused. */
function isTaken(at: LogDesk, nodeId: string, operator: string, signal = forever): Promise<boolean> {
  const asked = at.ask({ nodeId, operator }, wanted, signal).then(
    () => true,
    () => false,
  );
  // A refusal is there at once.
  return Promise.race([asked, new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))]);
}

t.test('R18: an operator has so many orders at a time, and no more', async (t) => {
  const at = desk();
  for (let node = 0; node < mostLogOrders.ofOperator; node += 1) t.ok(await isTaken(at, `n${node}`, 'ada'), `${node}`);
  t.notOk(await isTaken(at, 'another', 'ada'));
  t.ok(await isTaken(at, 'another', 'bob'), 'others have theirs');
});

t.test('R18: all operators together have so many, and one that ended makes room', async (t) => {
  const at = desk();
  const ended = new AbortController();
  const [first, ...others] = Array.from({ length: mostLogOrders.ofAll }, (_, index) => `n${index}`);
  t.ok(await isTaken(at, first ?? '', 'first', ended.signal));
  for (const node of others) t.ok(await isTaken(at, node, `operator of ${node}`), node);
  t.notOk(await isTaken(at, 'another', 'bob'));
  ended.abort();
  t.ok(await isTaken(at, 'another', 'bob'));
});
