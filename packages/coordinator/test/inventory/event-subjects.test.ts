import { join } from 'node:path';
import { happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { subjectsOf } from '../../src/inventory/event-subjects.ts';
import { openSample, start } from './samples.ts';

t.test('an event is about each node and member that its facts name', async (t) => {
  const why = reason('serves');
  const subjects = [
    happening('voter-down', { nodeId: 'node0001', member: 'pi-1', why }),
    happening('record-no-space', { members: ['pi-1', 'pi-2'] }),
    happening('record-undeclared', { members: [{ name: 'pi-4', id: 'a4' }] }),
    happening('leader-changed', { leader: 'pi-2', former: 'pi-1', term: 3, elections: 1 }),
    happening('quorum-lost', { able: 0, all: 3, quorum: 2, lastRead: null }),
    happening('operator-made', { name: 'ada', role: 'admin', serial: '1', until: '2027-01-01T00:00:00Z' }),
  ].map(({ kind, facts }) => subjectsOf(kind, facts));
  t.same(subjects, [['pi-1', 'node0001'], ['pi-1', 'pi-2'], ['pi-4'], ['pi-2', 'pi-1'], [], []]);
});

t.test('an assigned change is about the member and about who makes it', async (t) => {
  const mutation = { kind: 'promote', member: 'pi-2' };
  t.same(subjectsOf('assign', { executor: 'pi-1', mutation }), ['pi-1', 'pi-2']);
});

t.test('R18: with an event its subjects are removed', async (t) => {
  const path = join(t.testdir(), 'picket.db');
  const inventory = await openSample(path);
  const { events } = inventory;
  const event = (at: number) => ({ at, cluster: 'prod', ...happening('record-voter', { member: 'pi-1' }) });
  for (const at of [start, start + 1, start + 2]) await events.append(event(at));
  await events.keepNewest(2);
  await events.removeBefore(start + 2, 10);
  const { items } = await events.list({ limit: 10, after: null }, null, { node: 'pi-1' });
  t.same(
    items.map(({ at }) => at),
    [start + 2],
  );
  await inventory.close();
  const store = new Sqlite(path, { readonly: true });
  t.teardown(() => store.close());
  t.equal(store.prepare('select count(*) from event_subjects').pluck().get(), 1);
});
