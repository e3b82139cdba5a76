import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Step } from './plan.ts';

/** The folders of backups, of an installation with these steps, that would be on the file system of the data. */
export async function onTheSameDisk(steps: readonly Step[], dataDir: string): Promise<readonly string[]> {
  const data = await deviceOf(dataDir);
  const folders = steps.flatMap((step) => (step.kind === 'backup-folder' ? [step.folder] : []));
  const devices = await Promise.all(folders.map(deviceOf));
  return folders.filter((_folder, index) => devices[index] === data);
}

/** Of the folder, or of the one in which it will be made. */
async function deviceOf(folder: string): Promise<number> {
  try {
    return (await stat(folder)).dev;
  } catch (error) {
    if (folder === dirname(folder)) throw error;
    return deviceOf(dirname(folder));
  }
}
