import type { Inspection } from '../host/inspection.ts';
import { type Check, ok, warning } from './check.ts';

const mebibyte = 1024 * 1024;
/**
 * An agent that has used mutual TLS takes up to 77 MB, an empty etcd 3.5 takes 31 MB, both measured. The rest is for
 * etcd's log in memory and for requests of clients.
 */
const neededMiB = 150;
/** Below this, a system, the two programs and a database of some tens of megabytes do not fit without swapping. */
const comfortableMiB = 512;

/** Little memory is a warning: the need depends on what else runs, and on how much etcd holds. */
export async function checkMemory(inspection: Pick<Inspection, 'memory'>): Promise<Check> {
  const found = await inspection.memory();
  if (found === null) return ok('memory', 'the amount is not known');
  const [total, available] = [found.totalBytes, found.availableBytes].map((bytes) => Math.floor(bytes / mebibyte));
  const text = `${total} MiB, ${available} MiB available`;
  if ((available ?? 0) < neededMiB) {
    return warning(
      'memory',
      text,
      `The agent and etcd take about ${neededMiB} MiB: stop other programs on this machine.`,
    );
  }
  if ((total ?? 0) < comfortableMiB) {
    return warning(
      'memory',
      text,
      `This machine has less than ${comfortableMiB} MiB: keep the database small and watch its size.`,
    );
  }
  return ok('memory', text);
}
