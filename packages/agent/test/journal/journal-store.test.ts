import { readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { emptyJournal } from '../../src/journal/journal.ts';
import { beginJournal, journalPath, openJournal } from '../../src/journal/journal-store.ts';
import { refusal, temporaryFolder } from '../support.ts';

t.test('what was recorded is read back, 0600, and several changes at once are all kept', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  await beginJournal(files, folder);
  const journal = await openJournal(files, folder);
  t.strictSame(journal.current(), emptyJournal);
  await Promise.all(
    Array.from({ length: 10 }, () =>
      journal.update((before) => ({ ...before, generationSeen: before.generationSeen + 1 })),
    ),
  );
  t.equal((await openJournal(files, folder)).current().generationSeen, 10);
  t.equal(statSync(journalPath(folder)).mode & 0o777, 0o600);
  await beginJournal(files, folder);
  t.equal((await openJournal(files, folder)).current().generationSeen, 10, 'R4: an existing journal is never replaced');
});

t.test('a change that could not be written did not happen, and the next one is tried', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  await beginJournal(files, folder);
  let broken = true;
  const journal = await openJournal(
    { ...files, writeWhole: (file) => (broken ? Promise.reject(new Error('disk full')) : files.writeWhole(file)) },
    folder,
  );
  await t.rejects(
    journal.update((before) => ({ ...before, generationSeen: 5 })),
    { message: 'disk full' },
  );
  t.equal(journal.current().generationSeen, 0);
  broken = false;
  await journal.update((before) => ({ ...before, generationApplied: 3 }));
  t.strictSame(JSON.parse(readFileSync(journalPath(folder), 'utf8')), { ...emptyJournal, generationApplied: 3 });
});

t.test('an unchanged journal is written only to test the disk, until that succeeds', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  await beginJournal(files, folder);
  const outcomes: boolean[] = [];
  let broken = false;
  const journal = await openJournal(
    {
      ...files,
      async writeWhole(file) {
        outcomes.push(!broken);
        if (broken) throw new Error('read-only');
        await files.writeWhole(file);
      },
    },
    folder,
  );
  const same = () => journal.update((before) => ({ ...before }));
  await same();
  t.strictSame(outcomes, []);
  broken = true;
  await t.rejects(journal.rewrite(), { message: 'read-only' });
  await t.rejects(same(), { message: 'read-only' });
  broken = false;
  await same();
  await same();
  t.strictSame(outcomes, [false, false, true]);
});

t.test('R4: a missing or damaged journal is never taken for an empty one', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  t.equal((await refusal(openJournal(files, folder))).code, 'agent_state_missing');
  for (const text of ['', '{', 'null', '[]', '{}', JSON.stringify({ ...emptyJournal, generationSeen: -1 })]) {
    writeFileSync(journalPath(folder), text);
    t.equal((await refusal(openJournal(files, folder))).code, 'agent_state_unreadable', text);
  }
});
