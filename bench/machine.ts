import { cpus, release, totalmem, type } from 'node:os';

/** The machine that figures come from, in one line: without it they say nothing. */
export function machineInWords(): string {
  const processors = cpus();
  const model = processors[0]?.model.replaceAll(/\s+/g, ' ').trim() || process.arch;
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} × ${model}, ${memory} GiB, ${type()} ${release()}, Node.js ${process.versions.node}`;
}
