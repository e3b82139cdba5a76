import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupCopy } from '@picket/shared/protocol/backup-copies.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { backupCopyErrand } from '../../src/backups/backup-copy-errand.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { backupCopiesFolder } from '../../src/model/managed-files.ts';
import { silentLog } from '../../src/program/log.ts';
import { TestClock } from '../machine.ts';
import { temporaryFolder } from '../support.ts';

const content = Buffer.from('an encrypted backup '.repeat(20));
const nameAt = (day: number) => `picket-abc-202612${String(day).padStart(2, '0')}T031500Z.tar.gz.age`;

function copyOf(day: number): BackupCopy {
  return { name: nameAt(day), sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

function board(t: Test) {
  const stateDir = temporaryFolder(t);
  const clock = new TestClock();
  const coordinator = { sends: content, asked: 0, kept: [] as string[] };
  const failures: unknown[] = [];
  const room = { freeBytes: 10 ** 9 };
  const keepCopy = backupCopyErrand({
    coordinator: {
      async readBackup(_sha256, offset) {
        coordinator.asked += 1;
        return coordinator.sends.subarray(offset, offset + 100);
      },
      async backupKept(sha256) {
        coordinator.kept.push(sha256);
        return {};
      },
    },
    stateDir,
    files: hostFiles(),
    clock,
    freeBytes: async () => room.freeBytes,
    log: { ...silentLog, warn: (facts) => void failures.push(facts) },
  });
  const folder = backupCopiesFolder(stateDir);
  return {
    keepCopy,
    folder,
    coordinator,
    clock,
    room,
    failures,
    there: () => (existsSync(folder) ? readdirSync(folder).sort() : []),
  };
}

t.test('R9: a copy is whole on the disk before the coordinator hears of it, and for root alone', async (t) => {
  const { keepCopy, folder, coordinator } = board(t);
  keepCopy(copyOf(3));
  await until('it has told', () => coordinator.kept.length > 0);
  t.strictSame(coordinator.kept, [copyOf(3).sha256]);
  const path = join(folder, nameAt(3));
  t.ok(readFileSync(path).equals(content));
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(folder).mode & 0o777, 0o700);
});

t.test('a board that has the copy says so, and does not fetch it again', async (t) => {
  const { keepCopy, folder, coordinator } = board(t);
  mkdirSync(folder);
  writeFileSync(join(folder, nameAt(3)), content);
  keepCopy(copyOf(3));
  await until('it has told', () => coordinator.kept.length > 0);
  t.equal(coordinator.asked, 0);
});

t.test('three stay: those that were fetched last, whatever the time in their names says', async (t) => {
  const { keepCopy, folder, coordinator, there } = board(t);
  mkdirSync(folder);
  for (const [age, name] of [nameAt(31), nameAt(4), nameAt(3), nameAt(2), `${nameAt(5)}.part`].entries()) {
    writeFileSync(join(folder, name), 'an older one');
    utimesSync(join(folder, name), 1e9 + age, 1e9 + age);
  }
  keepCopy(copyOf(6));
  await until('it has told', () => coordinator.kept.length > 0);
  t.strictSame(there(), [nameAt(2), nameAt(3), nameAt(6)]);
});

t.test('R9: octets that are not the wanted ones are no copy, and the next attempt waits five minutes', async (t) => {
  const { keepCopy, coordinator, clock, failures, there } = board(t);
  coordinator.sends = Buffer.from(content).fill('x', 10, 20);
  keepCopy(copyOf(3));
  await until('it has given up', () => failures.length === 1);
  t.strictSame([there(), coordinator.kept], [[], []]);
  const { asked } = coordinator;
  coordinator.sends = content;
  clock.advance(299_000);
  keepCopy(copyOf(3));
  t.equal(coordinator.asked, asked);
  clock.advance(1000);
  keepCopy(copyOf(3));
  await until('it has told', () => coordinator.kept.length > 0);
  t.strictSame(there(), [nameAt(3)]);
});

t.test('a copy takes no room that etcd needs', async (t) => {
  const { keepCopy, coordinator, room, failures } = board(t);
  room.freeBytes = 200_000_000;
  keepCopy(copyOf(3));
  await until('it has given up', () => failures.length === 1);
  t.strictSame([coordinator.asked, coordinator.kept], [0, []]);
});
