import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { EtcdUnit, HostFiles } from './host.ts';
import { readEtcdVersion } from './programs.ts';

/**
 * The version that one incarnation of a member runs (R17). The record is beside the data directory, in a folder that belongs
 * to root.
 */
export interface VersionRecord {
  /** Such as `3.5`. */
  readonly minor: string;
  /** Of the last binary seen with that minor version; null if there was none. See {@link fingerprintOf}. */
  readonly fingerprint: string | null;
}

/** The path of the record of an incarnation. */
export function versionRecordPath(dataRoot: string, incarnation: string): string {
  return `${dataRoot}/${incarnation}.version`;
}

/** The incarnation named in a conf.yml of Picket: the last part of its `data-dir`; null if it names none. */
function incarnationOf(conf: string): string | null {
  const dataDir = /^data-dir: *["']?(.*?)["']?$/m.exec(conf)?.[1] ?? '';
  return basename(dataDir) || null;
}

/** The record of an incarnation; null if there is no readable record. */
export async function readVersionRecord(
  files: Pick<HostFiles, 'read'>,
  dataRoot: string,
  incarnation: string,
): Promise<VersionRecord | null> {
  const text = await files.read(versionRecordPath(dataRoot, incarnation));
  const [minor = '', fingerprint = ''] = (text ?? '').split('\n');
  return minor === '' ? null : { minor, fingerprint: fingerprint === '' ? null : fingerprint };
}

/** Writes the record whole (R9), readable by etcd's user. Throws as {@link HostFiles.writeWhole} does. */
export async function writeVersionRecord(
  files: Pick<HostFiles, 'writeWhole'>,
  dataRoot: string,
  incarnation: string,
  record: VersionRecord,
): Promise<void> {
  const content = versionRecordText(record);
  await files.writeWhole({ path: versionRecordPath(dataRoot, incarnation), content, mode: 0o644, owner: null });
}

/** The content of a record, as the guard of etcd's service reads it. */
export function versionRecordText({ minor, fingerprint }: VersionRecord): string {
  return `${minor}\n${fingerprint ?? ''}\n`;
}

/**
 * Tells a file from another one that replaced or overwrote it: the output of `stat -L -c %d:%i:%s:%Y:%Z`, which the
 * guard of etcd's service uses too. Rejects if the file does not exist.
 */
export async function fingerprintOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs / 1_000_000_000n, ctimeNs / 1_000_000_000n].join(':');
}

/**
 * Replaces the guard of the service if no init system runs that guard. Throws `etcd_held_back` if the minor version of
 * etcd differs from that of the incarnation named in conf.yml (R17). Throws `etcd_unusable` if etcd does not print its
 * version. An incarnation without a record passes.
 */
export async function requireVersion(files: Pick<HostFiles, 'read'>, unit: EtcdUnit): Promise<void> {
  const { binary, confFile, guard } = unit;
  const incarnation = incarnationOf((await files.read(confFile)) ?? '');
  if (incarnation === null) return;
  const record = await readVersionRecord(files, guard.dataRoot, incarnation);
  if (record === null) return;
  const fingerprint = await fingerprintOf(binary).catch(() => null);
  if (fingerprint !== null && fingerprint === record.fingerprint) return;
  const version = await readEtcdVersion(binary, unit.owner);
  if (!isOfMinor(version, record.minor)) throw failure('etcd_held_back', { binary, version, minor: record.minor });
}
