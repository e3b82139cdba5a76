import { readFileSync } from 'node:fs';

/**
 * The kernel's name of this boot, with the start of the first process, since restarted containers share a kernel
 * (proc_pid_stat(5), field 22). null if the system has no such name.
 */
export function currentBoot(proc = '/proc'): string | null {
  try {
    const kernel = readFileSync(`${proc}/sys/kernel/random/boot_id`, 'latin1').trim();
    const stat = readFileSync(`${proc}/1/stat`, 'latin1');
    const [, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' ');
    return `${kernel}/${fields[19]}`;
  } catch {
    return null;
  }
}
