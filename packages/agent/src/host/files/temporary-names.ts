import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** The parts of a temporary name: the target, and the process that writes it. */
interface TemporaryName {
  readonly target: string;
  readonly pid: number;
}

const shape = /^\.(.+)\.picket-(\d+)-[0-9a-f]{12}$/;

/** A new path in the target's own folder, so that the rename to the target stays within one file system. */
export function temporaryPath(target: string, pid: number): string {
  return join(dirname(target), `.${basename(target)}.picket-${pid}-${randomBytes(6).toString('hex')}`);
}

/** Undefined for a name that {@link temporaryPath} did not make. */
export function readTemporaryName(name: string): TemporaryName | undefined {
  const match = shape.exec(name);
  return match?.[1] === undefined ? undefined : { target: match[1], pid: Number(match[2]) };
}
