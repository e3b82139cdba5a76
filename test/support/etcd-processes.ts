import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './fleet.ts';

/** The pids of this machine's etcd: one while all is well, none while it is down. */
export async function etcdPids(machine: Machine): Promise<readonly number[]> {
  const argument = `--config-file=${join(machine.etcDir, 'conf.yml')}`;
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return command.split('\0').includes(argument) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Remembers the first etcd of each machine, and tells which machines have had another since. */
export class EtcdWatch {
  readonly #first = new Map<string, number>();
  readonly #replaced = new Set<string>();

  async look(machines: readonly Machine[]): Promise<void> {
    for (const machine of machines) {
      for (const pid of await etcdPids(machine)) {
        const first = this.#first.get(machine.name);
        if (first === undefined) this.#first.set(machine.name, pid);
        else if (first !== pid) this.#replaced.add(machine.name);
      }
    }
  }

  get replaced(): readonly string[] {
    return [...this.#replaced];
  }
}
