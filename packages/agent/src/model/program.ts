import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import type { EtcdUnit } from '../host/host.ts';
import type { Paths } from './model.ts';

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

/** The order that {@link programOf} reads this release from. It fetches nothing. */
export function programOrderOf({ version, sha256 }: Program): ProgramOrder {
  return { version, programs: [{ name: 'etcd', sha256, sizeBytes: 0 }] };
}

/** The folder of all releases that this node has fetched. It belongs to root. */
export function programsFolder(stateDir: string): string {
  return `${stateDir}/releases`;
}

/** Whether both are one release; null is the package. One of them may name only the beginning of its hash. */
export function sameProgram(one: Program | null, other: Program | null): boolean {
  if (one === null || other === null) return one === other;
  return programFolder('', one) === programFolder('', other);
}

/** The folder of one: its etcd, etcdctl and etcdutl stand side by side there. */
export function programFolder(stateDir: string, { version, sha256 }: Program): string {
  return `${programsFolder(stateDir)}/${version}-${sha256.slice(0, 12)}`;
}

/** The release that this file is the etcd of, with as much of its hash as its folder names; null for any other file. */
export function programAt(file: string, stateDir: string): Program | null {
  const folder = `${programsFolder(stateDir)}/`;
  const [name = '', ...program] = file.startsWith(folder) ? file.slice(folder.length).split('/') : [];
  if (program.join('/') !== 'etcd') return null;
  const end = name.lastIndexOf('-');
  return { version: name.slice(0, end), sha256: name.slice(end + 1) };
}

/** The unit with the binary of this release; of the package where none is wanted. */
export function unitOf(unit: EtcdUnit, paths: Pick<Paths, 'stateDir'>, order: ProgramOrder | undefined): EtcdUnit {
  if (order === undefined) return unit;
  // Without a hash, no such folder exists: the package's etcd never takes the place of a release.
  return unitOfProgram(unit, paths, programOf(order) ?? { version: order.version, sha256: '' });
}

/** @param program null: the etcd of the package */
export function unitOfProgram(
  unit: EtcdUnit,
  { stateDir }: Pick<Paths, 'stateDir'>,
  program: Program | null,
): EtcdUnit {
  return program === null ? unit : { ...unit, binary: `${programFolder(stateDir, program)}/etcd` };
}
