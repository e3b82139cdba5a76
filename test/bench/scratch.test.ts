import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import { scratchFolder } from '../../bench/scratch.ts';

const memory = '/dev/shm';

t.test('the first folder on a disk is taken', async (t) => {
  const disk = t.testdir();
  t.equal(dirname(await scratchFolder([`${disk}/missing`, disk], 'x-')), disk);
  if (existsSync(memory)) t.equal(dirname(await scratchFolder([memory, disk], 'x-')), disk);
});

t.test('without one it says what to do', async (t) => {
  await t.rejects(scratchFolder([`${t.testdir()}/missing`], 'x-'), { message: /TMPDIR/ });
});
