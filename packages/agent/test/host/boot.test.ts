import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { currentBoot } from '../../src/host/process-table.ts';
import { temporaryFolder } from '../support.ts';

t.test('a boot has one name, and containers started at different times have two', async (t) => {
  t.equal(currentBoot(), currentBoot());
  const proc = temporaryFolder(t);
  t.equal(currentBoot(proc), null);
  for (const folder of ['sys/kernel/random', '1']) mkdirSync(join(proc, folder), { recursive: true });
  writeFileSync(join(proc, 'sys/kernel/random/boot_id'), 'e0f1\n');
  const stat = (started: number) => `1 (a (b) c) S ${'0 '.repeat(18)}${started} 0\n`;
  writeFileSync(join(proc, '1/stat'), stat(25));
  t.equal(currentBoot(proc), 'e0f1/25');
  writeFileSync(join(proc, '1/stat'), stat(7025));
  t.equal(currentBoot(proc), 'e0f1/7025');
});
