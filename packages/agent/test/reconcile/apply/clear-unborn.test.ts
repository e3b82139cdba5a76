import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hostFiles } from '../../../src/host/files/files.ts';
import type { ServiceState } from '../../../src/host/host.ts';
import { emptyJournal } from '../../../src/journal/journal.ts';
import { clearUnborn } from '../../../src/reconcile/apply/make-data-dir.ts';
import { ownIncarnation, paths as samplePaths } from '../samples.ts';

const firstLog = '0000000000000000-0000000000000000.wal';
/** A checksum, the metadata, an empty snapshot: each with its size and padding before it. */
const records = Buffer.concat([
  Buffer.from([4, 0, 0, 0, 0, 0, 0, 0x84, 8, 4, 16, 0, 0, 0, 0, 0]),
  Buffer.from([2, 0, 0, 0, 0, 0, 0, 0x86, 8, 1, 0, 0, 0, 0, 0, 0]),
  Buffer.from([8, 0, 0, 0, 0, 0, 0, 0, 8, 5, 26, 4, 8, 0, 16, 0]),
  Buffer.alloc(64 * 1024),
]);

t.test('R4: etcd’s first data is beside its folder afterwards, and nothing is lost', async (t) => {
  const { clear, root, member } = unborn(t);
  await clear();
  t.strictSame(readdirSync(join(root, ownIncarnation)), []);
  t.strictSame(readdirSync(join(root, `${ownIncarnation}.unborn`)), ['snap', 'wal']);
  t.notOk(existsSync(member));
});

t.test('R4: a second start of the same incarnation is left to an operator', async (t) => {
  const { clear, member, begin } = unborn(t);
  await clear();
  begin();
  await t.rejects(clear(), { code: 'data_dir_refused' });
  t.strictSame(readdirSync(member), ['snap', 'wal']);
});

for (const [what, change] of [
  ['a second log', (member: string) => writeFileSync(join(member, 'wal/0000000000000001-0000000000000009.wal'), '')],
  ['a log of another name', (member: string) => renameSync(join(member, 'wal', firstLog), join(member, 'wal/9-9.wal'))],
  ['a snapshot', (member: string) => writeFileSync(join(member, 'snap/0000000000000002-0000000000000009.snap'), '')],
] as const) {
  t.test(`R4: ${what} is of an etcd that has lived`, async (t) => {
    const { clear, member } = unborn(t);
    change(member);
    await t.rejects(clear(), { code: 'data_dir_refused', facts: { problem: /committed/ } });
    t.strictSame(readdirSync(member), ['snap', 'wal']);
  });
}

t.test('R4: an etcd that starts at this very moment keeps the files that it has opened', async (t) => {
  const { clear, member, states } = unborn(t);
  states.push({ kind: 'stopped' }, { kind: 'running', pid: 1, restarts: 0 });
  await t.rejects(clear(), { code: 'data_dir_refused', facts: { problem: /was started/ } });
  t.strictSame(readdirSync(member), ['snap', 'wal']);
});

/**
 * The data directory of an etcd whose log ends before its first entry, and the states of the init system for each
 * observation.
 */
function unborn(t: Test) {
  const root = t.testdir();
  const member = join(root, ownIncarnation, 'member');
  const states: ServiceState[] = [];
  const begin = () => {
    for (const name of ['snap', 'wal']) mkdirSync(join(member, name), { recursive: true });
    writeFileSync(join(member, 'snap/db'), 'made at the start');
    writeFileSync(join(member, 'wal', firstLog), records);
  };
  begin();
  const journal = { ...emptyJournal, incarnations: { [ownIncarnation]: 'made' } as const };
  const init = { state: async (): Promise<ServiceState> => states.shift() ?? { kind: 'stopped' } };
  const context = {
    host: { files: hostFiles(), init },
    paths: { ...samplePaths, dataRoot: root },
    journal: { current: () => journal },
  };
  return {
    root,
    member,
    begin,
    states,
    clear: () => clearUnborn({ kind: 'clear-unborn', incarnation: ownIncarnation }, context),
  };
}
