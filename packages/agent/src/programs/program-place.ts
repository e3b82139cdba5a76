import { join } from 'node:path';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';

/** A release that this node has been given, and that it can name: the coordinator's store has it for this machine. */
export interface Program {
  readonly version: string;
  /** The SHA-256 of its etcd, which names it. */
  readonly sha256: string;
}

/** null if the order says nothing of the programs: the store has none for this machine. */
export function programOf({ version, programs }: ProgramOrder): Program | null {
  const etcd = programs?.find(({ name }) => name === 'etcd');
  return etcd === undefined ? null : { version, sha256: etcd.sha256 };
}

/** The folder of all releases that this node has fetched. It belongs to root. */
export function programsFolder(stateDir: string): string {
  return join(stateDir, 'releases');
}

/** The folder of one: its etcd, etcdctl and etcdutl stand side by side there. */
export function programFolder(stateDir: string, { version, sha256 }: Program): string {
  return join(programsFolder(stateDir), `${version}-${sha256.slice(0, 12)}`);
}
