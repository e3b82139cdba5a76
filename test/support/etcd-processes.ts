import { join } from 'node:path';
import { commandLines } from './command-lines.ts';
import type { Machine } from './fleet.ts';

/** The pids of this machine's etcd: one while all is well, none while it is down. */
export async function etcdPids(machine: Machine): Promise<readonly number[]> {
  return etcdAmong(commandLines(), machine);
}

function etcdAmong(commands: ReturnType<typeof commandLines>, machine: Machine): readonly number[] {
  const argument = `--config-file=${join(machine.etcDir, 'conf.yml')}`;
  return [...commands].flatMap(([pid, command]) => (command.includes(argument) ? [pid] : []));
}

/** Remembers the first etcd of each machine, and tells which machines have had another since. */
export class EtcdWatch {
  readonly #first = new Map<string, number>();
  readonly #replaced = new Set<string>();

  async look(machines: readonly Machine[]): Promise<void> {
    const commands = commandLines();
    for (const machine of machines) {
      for (const pid of etcdAmong(commands, machine)) {
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
