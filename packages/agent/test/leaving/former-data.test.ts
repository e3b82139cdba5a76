import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { formerDataDue, formerDataKept, mostFormerData, tendFormerData } from '../../src/leaving/former-data.ts';
import { changeLeftRecord, type FormerData, leftRecordPath, readLeftRecord } from '../../src/leaving/left-record.ts';
import { temporaryFolder } from '../support.ts';

const now = Date.parse('2027-03-01T12:00:00Z');
const plenty = 10_000_000_000;

function kept(incarnation: string, at = now): FormerData {
  return { incarnation, cluster: 'x-k3s', member: 'x-k3s-m-1', at, until: at + formerDataKept };
}

const due = (...args: Parameters<typeof formerDataDue>) => formerDataDue(...args).map(({ incarnation }) => incarnation);

t.test('former data is deleted after its time, and not by a clock in doubt', (t) => {
  const data = [kept('a'), kept('b', now + 1000)];
  t.same(due(data, { now: now + formerDataKept - 1, freeBytes: plenty }), []);
  t.same(due(data, { now: now + formerDataKept, freeBytes: plenty }), ['a']);
  t.same(due(data, { now: null, freeBytes: plenty }), [], 'R14');
  t.end();
});

t.test('R18: the newest are kept, and the oldest goes first if the disk is short of space', (t) => {
  const many = Array.from({ length: mostFormerData + 2 }, (_, index) => kept(`life${index}`, now + index));
  t.same(due(many.toReversed(), { now, freeBytes: plenty }), ['life0', 'life1']);
  t.same(due([kept('b', now + 1), kept('a')], { now, freeBytes: 1000 }), ['a'], 'one at a time');
  t.same(due([kept('a')], { now, freeBytes: null }), []);
  t.same(due([], { now, freeBytes: 0 }), []);
  t.end();
});

t.test('what is due goes with all that belongs to it, and a link in it leads nowhere', async (t) => {
  const stateDir = temporaryFolder(t);
  const files = hostFiles();
  const outside = join(temporaryFolder(t), 'outside');
  writeFileSync(outside, 'of others');
  for (const name of ['a', 'b']) {
    mkdirSync(join(stateDir, 'former', name, 'member'), { recursive: true });
    symlinkSync(outside, join(stateDir, 'former', name, 'member/link'));
    writeFileSync(join(stateDir, 'former', `${name}.version`), '3.5\n');
  }
  await changeLeftRecord(files, stateDir, (before) => ({ ...before, data: [kept('a'), kept('b', now + 1000)] }));
  const situation = async () => ({ now: now + formerDataKept, freeBytes: plenty });
  t.match(await tendFormerData(files, stateDir, situation), [{ incarnation: 'a' }]);
  t.same(
    ['a', 'a.version', 'b', 'b.version'].map((name) => existsSync(join(stateDir, 'former', name))),
    [false, false, true, true],
  );
  t.ok(existsSync(outside));
  t.same(
    (await readLeftRecord(files, stateDir)).data.map(({ incarnation }) => incarnation),
    ['b'],
  );
  t.same(await tendFormerData(files, stateDir, situation), []);
});

t.test('a damaged record counts as an empty one', async (t) => {
  const stateDir = temporaryFolder(t);
  mkdirSync(join(stateDir, 'former'));
  for (const text of ['', '{', '{"left":1}']) {
    writeFileSync(leftRecordPath(stateDir), text);
    t.same(await readLeftRecord(hostFiles(), stateDir), { left: null, data: [], lives: [] });
  }
});
