import { isoTime } from '@picket/shared/iso-time.ts';
import { createWhole } from '@picket/shared/whole-file.ts';
import { newAgeKey } from '../snapshots/age-cipher.ts';
import { backupFileProblem } from './backup.ts';

/**
 * Makes an age identity in a new file, as `age-keygen -o` does, and gives its recipient, which backups are encrypted for. Throws
 * `backup_exists`, `backup_not_written`.
 */
export async function makeBackupKey(path: string, now: () => number): Promise<string> {
  const { identity, recipient } = await newAgeKey();
  const text = `# created: ${isoTime(now())}\n# public key: ${recipient}\n${identity}\n`;
  await createWhole(path, (write) => write(Buffer.from(text)), { explain: (error) => backupFileProblem(path, error) });
  return recipient;
}
