import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { onTheSameDisk } from '../../src/service/same-disk.ts';

t.test('a folder for backups on the file system of the data is named, even one that is yet to be made', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-disk-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const own = join(folder, 'usb/picket');
  const steps = [own, '/proc/other-disk'].map((one) => ({ kind: 'backup-folder', folder: one }) as const);
  t.strictSame(await onTheSameDisk([{ kind: 'user' }, ...steps], join(folder, 'data')), [own]);
});
