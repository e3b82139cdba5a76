import type { Inspection } from '../host/inspection.ts';
import { type Check, ok, warning } from './check.ts';

const mebibyte = 1024 * 1024;
/**
 * An agent that has spoken over mutual TLS takes up to 77 MB, an etcd 3.5 that holds nothing 31 MB, both measured; the
 * rest is for its log in memory and for what clients ask of it.
 */
const neededMiB = 150;
/** Below that a system, the two of them and a database of some tens of megabytes do not fit without swapping. */
const comfortableMiB = 512;

/** Little memory is a warning: it depends on what else runs, and etcd on how much it holds. */
export async function checkMemory(inspection: Pick<Inspection, 'memory'>): Promise<Check> {
  const found = await inspection.memory();
  if (found === null) return ok('memory', 'how much there is is not known');
  const [total, available] = [found.totalBytes, found.availableBytes].map((bytes) => Math.floor(bytes / mebibyte));
  const text = `${total} MiB, ${available} MiB available`;
  if ((available ?? 0) < neededMiB) {
    return warning('memory', text, `The agent and etcd take about ${neededMiB} MiB: end what else runs here.`);
  }
  if ((total ?? 0) < comfortableMiB) {
    return warning(
      'memory',
      text,
      `With less than ${comfortableMiB} MiB in all, keep the database small and watch it.`,
    );
  }
  return ok('memory', text);
}
