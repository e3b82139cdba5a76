import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { patternOf } from '../../../../test/support/said.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import {
  formerDataDue,
  formerDataKept,
  mostFormerData,
  sureTime,
  tendFormerData,
  warnOfFormerData,
} from '../../src/leaving/former-data.ts';
import { changeLeftRecord, type FormerData, leftRecordPath, readLeftRecord } from '../../src/leaving/left-record.ts';
import { giveToEtcd, needsRoot, victimFolder } from '../host/files/link-racer.ts';
import { temporaryFolder } from '../support.ts';

const now = Date.parse('2027-03-01T12:00:00Z');
const plenty = 10_000_000_000;

function kept(incarnation: string, at = now): FormerData {
  return { incarnation, cluster: 'x-k3s', member: 'x-k3s-m-1', at, until: at + formerDataKept };
}

/** No data of these tests stays for another reason than its time. */
const never = (error: unknown): never => {
  throw error;
};

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
  t.match(await tendFormerData(files, stateDir, situation, never), [{ incarnation: 'a' }]);
  t.same(
    ['a', 'a.version', 'b', 'b.version'].map((name) => existsSync(join(stateDir, 'former', name))),
    [false, false, true, true],
  );
  t.ok(existsSync(outside));
  t.same(
    (await readLeftRecord(files, stateDir)).data.map(({ incarnation }) => incarnation),
    ['b'],
  );
  t.same(await tendFormerData(files, stateDir, situation, never), []);
});

t.test(
  'data that cannot be removed keeps no other data, stays recorded, and the log says what to do',
  needsRoot,
  async (t) => {
    const stateDir = temporaryFolder(t);
    const files = hostFiles();
    const former = join(stateDir, 'former');
    for (const name of ['a', 'b', 'c']) mkdirSync(join(former, name, 'member'), { recursive: true });
    for (const name of ['a', 'b']) giveToEtcd(join(former, name));
    const victim = victimFolder(join(former, 'a/of-root'));
    chmodSync(former, 0o700);
    await changeLeftRecord(files, stateDir, (before) => ({
      ...before,
      data: [kept('a'), kept('b', now + 1), kept('c', now + 2)],
    }));
    const warned: object[] = [];
    const failed = warnOfFormerData({ warn: (facts, message) => void warned.push({ ...facts, message }) });
    const short = async () => ({ now, freeBytes: 1000 });
    t.match(await tendFormerData(files, stateDir, short, failed), [{ incarnation: 'b' }, { incarnation: 'c' }]);
    const { message, hint } = new PicketError('path_not_removed', { path: `${former}/a` });
    t.match(warned, [
      {
        problem: new RegExp(`^${patternOf(message)}$`),
        hint,
        message: 'the data of a former member could not be deleted',
      },
    ]);
    t.match((await readLeftRecord(files, stateDir)).data, [{ incarnation: 'a' }]);
    t.strictSame(victim.left(), ['a', 'b', 'c']);
    rmSync(victim.path, { recursive: true });
    t.match(await tendFormerData(files, stateDir, short, never), [{ incarnation: 'a' }], 'later');
    t.strictSame(readdirSync(former), ['left.json']);
  },
);

t.test('changes that begin at the same time all last', async (t) => {
  const stateDir = temporaryFolder(t);
  const names = Array.from({ length: 20 }, (_, index) => `life${index}`);
  const add = (name: string) =>
    changeLeftRecord(hostFiles(), stateDir, (before) => ({ ...before, incarnations: [...before.incarnations, name] }));
  await Promise.all(names.map(add));
  t.same((await readLeftRecord(hostFiles(), stateDir)).incarnations.toSorted(), names.toSorted());
});

/** A machine with the data of two incarnations, beside a former certificate; its record is damaged, or lost if `text` is null. */
function damagedMachine(t: Test, text: string | null): string {
  const stateDir = temporaryFolder(t);
  for (const name of ['a', 'b']) mkdirSync(join(stateDir, 'former', name), { recursive: true });
  for (const name of ['b.version', 'server.pem']) writeFileSync(join(stateDir, 'former', name), '');
  if (text !== null) writeFileSync(leftRecordPath(stateDir), text);
  return stateDir;
}

t.test('R4: if the record is damaged or lost, the folder still shows which incarnations have ended', async (t) => {
  for (const text of ['', '{', '{"left":1}', null]) {
    const stateDir = damagedMachine(t, text);
    const of = { cluster: null, member: null, at: null, until: null };
    t.same(await readLeftRecord(hostFiles(), stateDir), {
      left: null,
      data: [
        { incarnation: 'a', ...of },
        { incarnation: 'b', ...of },
      ],
      incarnations: ['a', 'b'],
      rebuilt: true,
    });
  }
  t.same(await readLeftRecord(hostFiles(), temporaryFolder(t)), { left: null, data: [], incarnations: [] });
});

t.test('a change keeps a damaged record aside, and loses no incarnation', async (t) => {
  const stateDir = damagedMachine(t, '{"incarnations":');
  const change = () =>
    changeLeftRecord(hostFiles(), stateDir, (before) => ({ ...before, incarnations: [...before.incarnations, 'c'] }));
  t.match(await change(), { incarnations: ['a', 'b', 'c'] });
  t.equal(readFileSync(`${leftRecordPath(stateDir)}.damaged`, 'utf8'), '{"incarnations":');
  writeFileSync(leftRecordPath(stateDir), '!');
  await change();
  t.equal(readFileSync(`${leftRecordPath(stateDir)}.damaged`, 'utf8'), '!', 'the last one only');
});

t.test('a damaged record stays known if the power fails before another one replaces it', async (t) => {
  const stateDir = temporaryFolder(t);
  mkdirSync(join(stateDir, 'former'));
  writeFileSync(`${leftRecordPath(stateDir)}.damaged`, '{');
  t.match(await readLeftRecord(hostFiles(), stateDir), { incarnations: [], rebuilt: true });
});

t.test('R14: without the record of when it left, no clock tells a free machine that data is past its time', (t) => {
  const of = { nodeId: 'node0001', coordinator: 'https://127.0.0.1:7443' };
  const left = { kind: 'member', cluster: 'k3s', name: 'a', at: now, ...of } as const;
  t.equal(sureTime({ left }, now, null), now);
  t.equal(sureTime({ left }, now, reason('not_reported')), null);
  t.equal(sureTime({ left: null }, now, null), null);
  t.end();
});

t.test('the data of a damaged record is kept for its whole time, from a sure clock on', async (t) => {
  for (const text of ['{', null]) {
    const stateDir = damagedMachine(t, text);
    const tend = (at: number | null) =>
      tendFormerData(hostFiles(), stateDir, async () => ({ now: at, freeBytes: plenty }), never);
    const until = async () => (await readLeftRecord(hostFiles(), stateDir)).data.map((one) => one.until);
    t.same(await tend(null), []);
    t.same(await until(), [null, null], 'R14');
    t.same(await tend(now + 0.5), []);
    t.same(await until(), [now + formerDataKept, now + formerDataKept]);
    t.same(await tend(now + formerDataKept - 1), []);
    t.equal((await tend(now + formerDataKept)).length, 2);
    t.same(
      readdirSync(join(stateDir, 'former')).filter((name) => !name.startsWith('left.json')),
      ['server.pem'],
    );
  }
});

t.test('R4: a record that names what has ended by the former word is read', async (t) => {
  const stateDir = damagedMachine(t, '{"left": null, "data": [], "lives": ["ended1"]}');
  t.strictSame(await readLeftRecord(hostFiles(), stateDir), { left: null, data: [], incarnations: ['ended1'] });
});
