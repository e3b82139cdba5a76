import { readFileSync } from 'node:fs';

/**
 * A name of this boot, or null where the system has none: the kernel's own, with the start of the first process, since
 * containers that are started anew share a kernel (proc_pid_stat(5), field 22).
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
