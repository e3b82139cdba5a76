import type { Finished } from '../support/children.ts';
import { filesOf } from './installing.ts';
import type { SystemdMachine } from './systemd-machine.ts';

/** Root's shell on a Debian with systemd. */
export interface Shell {
  run(command: string): Promise<Finished>;
  must(command: string): Promise<string>;
  /** Every file of the machine and every package, but for what apt keeps of its own work. */
  state(): Promise<readonly string[]>;
  etcdPid(): Promise<number>;
}

const ownOfApt = /\/var\/(cache|log|lib\/(apt|dpkg))\//;

export function shellOn(machine: SystemdMachine): Shell {
  // As at a login, with nothing of this process.
  const clean = ['-i', 'HOME=/root', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', '/bin/sh'];
  const run: Shell['run'] = (command) => machine.run('/usr/bin/env', ...clean, '-c', command);
  const must: Shell['must'] = async (command) => {
    const { code, stdout, stderr } = await run(command);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  return {
    run,
    must,
    async state() {
      const files = (await filesOf({ must })).filter((line) => !ownOfApt.test(line));
      return [...files, ...(await must('dpkg --get-selections')).split('\n')];
    },
    etcdPid: async () => Number(await must('systemctl show etcd --property=MainPID --value')),
  };
}
