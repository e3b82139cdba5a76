import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is there on this machine of a lab in this folder: nothing, once the lab has been closed. */
export interface Leftovers {
  /** Pids of processes, on hosts too, that see a file system of the lab. */
  readonly processes: readonly number[];
  readonly loopDevices: readonly string[];
}

export async function leftoversOf(folder: string): Promise<Leftovers> {
  const mentions = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).includes(`${folder}/`);
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  return {
    processes: await only(pids, (pid) => mentions(join('/proc', String(pid), 'mountinfo'))),
    loopDevices: await only(devices, (device) => mentions(join('/sys/block', device, 'loop/backing_file'))),
  };
}

async function only<Item>(items: readonly Item[], wanted: (item: Item) => Promise<boolean>): Promise<readonly Item[]> {
  const answers = await Promise.all(items.map(wanted));
  return items.filter((_, index) => answers[index]);
}
